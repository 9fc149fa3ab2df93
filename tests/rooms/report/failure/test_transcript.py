"""The lines of an exchange: every kind of event, in order, with honest times."""

from __future__ import annotations

import pytest

from conformance.report.failure.transcript import MOST_LINES, lines, places
from conformance.trace.event import Close, Ended, Event, Refusal
from tests.rooms.report.samples import PING, PONG, closed, received, sent, silent


def said(event: Event) -> str:
    return lines([event])[0].said


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (sent(0, 1.0, PING), PING),
        (sent(0, 1.0, ""), "(empty text)"),
        (sent(0, 1.0, "a\nb"), "a<LF>b"),
        (Event(0, 1, 0, 0, "opening"), "(connecting)"),
        (Event(0, 1, 0, 0, "opened"), "(connected)"),
        (Event(0, 1, 0, 0, "opened", None, "chat"), "(connected chat)"),
        (Event(0, 1, 0, 0, "refused", None, Refusal(403, "HTTP 403")), "(refused: HTTP 403)"),
        (Event(0, 1, 0, 0, "sent", "binary", b"\x01\xff"), "(binary message, 2 bytes: 01 ff)"),
        (Event(0, 1, 0, 0, "sent", "binary", b""), "(binary message, 0 bytes)"),
        (Event(0, 1, 0, 0, "sent", "ping", b"a"), "(control Ping, 1 byte: 61)"),
        (Event(0, 1, 0, 0, "received", "pong", b"a"), "(control Pong, 1 byte: 61)"),
        (closed(0, 1.0), '(Close 1000 "heartbeat timeout")'),
        (Event(0, 1, 0, 0, "sent", "close", Close(None)), "(Close without a code)"),
        (Event(0, 1, 0, 0, "ended", None, Ended("reset")), "(TCP reset by the peer)"),
        (Event(0, 1, 0, 0, "broken", None, "a bad mask"),
         "(the peer sent what wsbeat cannot read: a bad mask)"),
        (Event(0, 0, 0, 0, "late", None, 0.25), "(wsbeat itself was late by 0.2 s)"),
        (Event(0, 1, 0, 0, "paused"), "(wsbeat stops reading)"),
        (Event(0, 1, 0, 0, "resumed"), "(wsbeat reads again)"),
        (silent(0, 1.0), "(nothing more up to here)"),
        (Event(0, 1, 0, 0, "note", None, "look here"), "(note: look here)"),
    ],
)  # fmt: skip
def test_every_kind_of_event_is_said_in_words(event: Event, shown: str) -> None:
    assert said(event) == shown


def test_a_text_that_imitates_a_close_frame_does_not_look_like_one() -> None:
    assert said(received(0, 1.0, 'Close 1000 "heartbeat timeout"')) != said(closed(0, 1.0))


def test_lines_are_in_order_and_counted_from_the_first() -> None:
    shown = lines([received(7, 0.75, PONG), sent(3, 0.5, PING)])
    assert [(line.at, line.arrow, line.said) for line in shown] == [
        ("0.000", "->", PING),
        ("0.250", "<-", PONG),
    ]


def test_no_moment_lies_before_the_first_where_an_answer_comes_before_all_was_sent() -> None:
    long = Event(3, 1, 0.5, 0.55, "sent", "text", PING)
    assert [line.at for line in lines([long, received(4, 0.52, PONG)])] == ["0.000..0.030", "0.000"]


def test_a_moment_that_is_known_badly_is_shown_as_an_interval() -> None:
    vague = Event(4, 1, 1.0, 1.5, "received", "text", PONG)
    assert lines([sent(3, 0.5, PING), vague])[1].at == "0.500..1.000"


def test_connections_are_told_apart_where_there_are_several() -> None:
    assert [line.connection for line in lines([sent(0, 0, PING, 1), sent(1, 0, PING, 2)])] == [
        "#1",
        "#2",
    ]
    assert lines([sent(0, 0, PING, 2)])[0].connection == ""


def test_the_middle_of_a_long_exchange_is_left_out_and_counted() -> None:
    shown = lines([sent(n, n / 10, "ab"[n % 2]) for n in range(200)])
    assert len(shown) == MOST_LINES
    assert shown[0].said == "a"
    assert shown[-1].said == "b"
    assert shown[12].said == f"({200 - MOST_LINES + 1} more events)"


def test_lines_in_a_row_that_differ_in_numbers_only_are_told_once() -> None:
    said = [PING, *(f'{{"business":{n}}}' for n in range(9)), PING, PING]
    shown = [line.said for line in lines([sent(n, n / 10, text) for n, text in enumerate(said)])]
    assert shown == [PING, '{"business":0}', "(7 more like it)", '{"business":8}', PING, PING]


def test_what_is_left_out_counts_what_was_alike_in_it() -> None:
    pairs = [text for n in range(20) for text in (f"a{n}", *[f"b{n}"] * 5)]
    shown = lines([sent(n, n / 10, text) for n, text in enumerate(pairs)])
    assert len(shown) == MOST_LINES
    told = sum(line.at != "..." for line in shown)
    left_out = [int(line.said.strip("(").split()[0]) for line in shown if line.at == "..."]
    assert told + sum(left_out) == len(pairs)


def test_no_events_are_no_lines() -> None:
    assert lines([]) == ()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((4,), "event 4"), ((5, 4, 6), "events 4 to 6"), ((4, 9, 17), "events 4, 9 and 17")],
)
def test_places_name_the_events_in_the_trace(numbers: tuple[int, ...], words: str) -> None:
    assert places([silent(n, 0.0) for n in numbers]) == words
