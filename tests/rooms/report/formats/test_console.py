"""The console report: complete, in order of importance, fit for any terminal."""

from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace

import pytest
from rich.console import Console

import spec
from conformance.report.failure.failure import command_lines
from conformance.report.formats.console import show
from conformance.report.text_width import cells
from conformance.report.wording import VERDICTS as WORDS
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from conformance.verdict.verdict import Verdict
from tests.rooms.report.printed import printed
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    FAST,
    NEVER_CLOSED,
    SECOND_PONG,
    TOO_LATE,
    URL,
    VERDICTS,
    failed,
    finding,
    hostile,
    judged,
    passed,
    result,
    sent,
)

MIXED = result(
    passed("S-ACCEPT"),
    SECOND_PONG,
    NEVER_CLOSED,
    EARLY_CLOSE,
    TOO_LATE,
    judged("S-REFRESH", "not_exercised", "No scenario gave occasion to see it."),
    judged("S-ORDER", "inconclusive", "mixtures: wsbeat itself was late by up to 0.50 s."),
    judged("S-DROP", "warned"),
    judged("S-MONOTONIC", "not_applicable", "wsbeat did not start this server."),
    judged("S-DEPTH", "excluded"),
    judged("S-SIZE", "excluded"),
)


def test_every_verdict_has_its_words() -> None:
    assert set(WORDS) == set(VERDICTS)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_told_with_its_reason(verdict: Verdict) -> None:
    text = printed(result(judged("S-PONG", verdict, "because of this")))
    assert WORDS[verdict] in text.lower()
    assert "S-PONG" in text
    if verdict not in ("passed", "failed", "warned"):
        assert "because of this" in text


def test_what_matters_most_stands_last() -> None:
    text = printed(MIXED)
    order = [
        text.index(part)
        for part in (
            "wsbeat 0.1.0, protocol",
            "passed         S-ACCEPT",
            "S-MONOTONIC (wsbeat did not start",
            "-- not settled",
            "-- S-DROP warned",
            "-- S-PONG failed",
            "-- S-TIMEOUT-EARLIEST failed",
            "violated (exit code 1): 4 failed",
        )
    ]
    assert order == sorted(order)
    assert text.splitlines()[-1].endswith("excluded")


def test_a_failed_requirement_is_told_with_sentence_exchange_picture_and_command() -> None:
    text = printed(result(EARLY_CLOSE), 100)
    for part in (
        "-- S-TIMEOUT-EARLIEST failed on 12 of 12 occasions",
        "A server MUST NOT close a connection for want of heartbeats before",
        "At fast timing: heartbeat_timeout = 1.4 s.",
        "happened   The server closed a connection too early.",
        "expected   no close before 1.40 s after the last ping",
        'actual     Close 1000 "heartbeat timeout" after at most 1.00 s',
        "scenario falls_silent_after_a_ping, connection 1",
        '1.001  <-  (Close 1000 "heartbeat timeout")',
        "[====",
        f"reproduce  wsbeat server {URL} --timing fast --select S-TIMEOUT-EARLIEST",
        "trace      traces/falls_silent_after_a_ping.jsonl, events 2 and 4",
    ):
        assert part in text


def test_further_findings_are_told_in_short() -> None:
    text = " ".join(printed(result(NEVER_CLOSED)).split())
    assert "also Traffic that is no ping kept a connection open: control Pings." in text


@pytest.mark.parametrize("width", [60, 80, 81, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in printed(MIXED, width).splitlines():
        assert cells(line) <= width, line
        assert line == line.rstrip()


def test_wide_characters_are_counted_as_wide() -> None:
    text = "\u65e5\u672c" * 200
    shown = failed("S-ECHO", finding("S-ECHO", text, sent(0, 0, text), expected=text))
    assert all(cells(line) <= 80 for line in printed(result(shown)).splitlines())


def test_a_narrow_table_leaves_the_sentences_out() -> None:
    narrow = printed(result(judged("S-TIMEOUT-EARLIEST", "not_exercised", "why")), 60)
    row = next(line for line in narrow.splitlines() if line.startswith("  not exercised"))
    assert row.split() == ["not", "exercised", "S-TIMEOUT-EARLIEST", "0"]


def test_colour_adds_nothing_but_colour() -> None:
    coloured = printed(MIXED, colours=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(MIXED)


def test_the_frame_is_ascii_so_that_every_terminal_shows_it() -> None:
    assert printed(MIXED).isascii()


def test_a_terminal_that_knows_only_ascii_gets_a_report() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    show(hostile("\u65e5\u672c \U0001f600 é"), Console(file=file, width=80))
    file.flush()
    assert rb"\u65e5\u672c" in raw.getvalue()


def test_nothing_of_a_hostile_target_reaches_the_terminal() -> None:
    text = printed(hostile())
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "<ESC>[31mred<U+0007><NUL>" in text
    assert "[bold]" in printed(hostile("[bold]not markup[/bold] :smile:"))
    assert ":smile:" in printed(hostile("[bold]not markup[/bold] :smile:"))


def test_ten_megabytes_are_cut() -> None:
    assert len(printed(hostile("x" * 10_000_000))) < 200_000


def test_what_is_excluded_is_named_together() -> None:
    assert "  excluded: S-DEPTH, S-SIZE\n" in printed(MIXED)


def test_the_title_tells_what_was_declared() -> None:
    target = Target(URL, FAST, capabilities=Capabilities(echo=False, inbound_liveness=True))
    title = printed(result(passed("S-PONG"), target=target), 120).splitlines()[0]
    assert title.endswith("at fast timing, without echo, with inbound liveness")


def test_a_password_in_the_url_is_not_shown() -> None:
    target = Target("ws://user:secret@host/ws", FAST)
    text = printed(result(passed("S-PONG"), target=target))
    assert "ws://host/ws" in text
    assert "secret" not in text


def test_an_interrupted_run_says_so() -> None:
    text = printed(result(passed("S-PONG"), interrupted=True))
    assert text.splitlines()[-1] == "incomplete (interrupted, exit code 3): 1 passed"


def test_the_circumstances_tell_how_to_run_it_again() -> None:
    text = printed(result(passed("S-PONG"), options=Options(seed=7, examples=500)), 120)
    assert "seed 7, 500 examples, wsbeat itself late by at most 4 ms" in text


@pytest.mark.parametrize("width", [20, 40, 67, 200])
def test_a_command_that_is_broken_into_lines_is_the_same_command(width: int) -> None:
    words = ["wsbeat", "server", URL, "--header", "X-Key: it's 'so'", "--no-echo", "--select", "S"]
    command = shlex.join(words)
    lines = command_lines(command, width)
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(command)
    assert all(line.endswith(" \\") for line in lines[:-1])


def test_the_value_of_an_option_stays_on_its_line() -> None:
    assert command_lines(f"wsbeat server {URL} --timing fast --select S-PONG --seed 0", 50) == [
        f"wsbeat server {URL} \\",
        "  --timing fast --select S-PONG --seed 0",
    ]


def test_the_parameters_of_a_sentence_are_told_with_their_values() -> None:
    text = printed(result(failed("S-TIMEOUT-LATEST")))
    assert "heartbeat_timeout = 1.4 s" in text
    assert "check_interval = 0.6 s" in text
    assert spec.requirement("S-TIMEOUT-LATEST").section in " ".join(text.split())


def test_a_note_stands_before_the_outcome() -> None:
    page = printed(replace(MIXED, notes=("Something was cut short.",)))
    before, _, after = page.partition("  note: Something was cut short.\n")
    assert before
    assert after.strip().startswith(MIXED.outcome)
