"""Rules on clients in other dialects than the protocol's: one story each, and whose fault it is."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.config.dialect import said_capabilities
from conformance.trace.trace import Trace
from spec.dialect.dialect import Dialect
from spec.dialect.made import made
from tests.rooms.rules.client.blame import OPENS, RETURNS
from tests.traces.notation import of_outcome, trace_of, violations

NUMBERED = {
    "dialect": 1,
    "name": "numbered",
    "ping": {"by": "client", "text": '{"hb":${id}}'},
    "pong": {"text": '{"ack":${id}}'},
    "timing": {
        "heartbeat_interval": 1, "pong_timeout": 1, "reconnect_delay": 1, "reconnect_cap": 1,
    },
}  # fmt: skip
BEATS = """
    0.40 < {"hb":1}
    0.41 > {"ack":1}
    1.00 < {"hb":2}
    1.01 > {"ack":2}
"""


def speaking(**client: Any) -> Dialect:
    """The dialect of numbers, with these habits of a client."""
    return made({**NUMBERED, "client": client})


def seen(dialect: Dialect, *parts: str) -> Trace:
    """A trace at fast timing: pings 0.6 s apart, 0.4 s for a pong, back in 0.3 s to 0.5 s."""
    told = said_capabilities(dialect)
    return trace_of("\n".join(parts), role="client", capabilities=told, dialect=dialect)


def one_way(**client: Any) -> Dialect:
    """The same without pongs."""
    return made({**{n: v for n, v in NUMBERED.items() if n != "pong"}, "client": client})


def blamed(dialect: Dialect, *parts: str) -> set[str]:
    return set(violations(seen(dialect, *parts)))


def kept(requirement: str, trace: Trace) -> int:
    """How often a requirement was seen to be kept."""
    return len(of_outcome(trace, "satisfied").get(requirement, []))


def test_a_pong_with_the_number_of_its_ping_is_the_only_one() -> None:
    dialect = speaking(gives_up=[4001], bears=["pongs"])
    waits = '1.60 < {"hb":3}\n1.61 > {"ack":2}\n'
    assert blamed(dialect, OPENS, BEATS, waits, "2.02 < close 4001") == set()
    assert blamed(dialect, OPENS, BEATS, waits, '2.20 < {"hb":4}\n2.9 silent') == {
        "C-PONG-MISSING",
    }


@pytest.mark.parametrize(
    ("close", "broken"),
    [("1000", set()), ("", set()), ("4005", set()), ("4001", {"C-PONG-MISSING"})],
)
def test_a_connection_is_given_up_with_one_of_the_ends_of_the_dialect(
    close: str, broken: set[str]
) -> None:
    dialect = speaking(gives_up=[1000, "4002-4009", "empty"])
    story = f'1.60 < {{"hb":3}}\n2.02 < close {close}'
    assert blamed(dialect, OPENS, BEATS, story) == broken


def test_how_it_is_given_up_is_not_judged_where_that_is_left_open() -> None:
    story = '1.60 < {"hb":3}\n1.80 < close 1000'
    assert blamed(speaking(), OPENS, BEATS, story) == set()
    assert blamed(speaking(gives_up=[]), OPENS, BEATS, story) == set()


LATER = '1.60 < {"hb":3}\n1.85 > {"ack":3}\n2.45 < {"hb":4}\n2.46 > {"ack":4}'
"""A pong comes late, and the next ping one interval after that."""

PUT_OFF = '1.30 > news\n1.90 < {"hb":3}\n1.91 > {"ack":3}'
"""A message comes, and the next ping one interval after that."""

BY_ITSELF = '1.30 < news\n1.90 < {"hb":3}\n1.91 > {"ack":3}'
"""The client says something, and pings one interval later."""


@pytest.mark.parametrize(
    ("habit", "story", "broken"),
    [
        ("ping", LATER, {"C-PING-ALWAYS"}),
        ("pong", LATER, set()),
        ("received", LATER, set()),
        ("ping", PUT_OFF, {"C-PING-ALWAYS"}),
        ("pong", PUT_OFF, {"C-PING-ALWAYS"}),
        ("received", PUT_OFF, set()),
        ("sent", PUT_OFF, {"C-PING-ALWAYS"}),
        ("ping", BY_ITSELF, {"C-PING-ALWAYS"}),
        ("sent", BY_ITSELF, set()),
        ("free", LATER + "\n8.0 silent", set()),
        ("pong", '1.60 < {"hb":3}\n5.0 silent', set()),
        ("pong", "5.0 silent", {"C-PING-CADENCE"}),
        ("received", '1.60 < {"hb":3}\n1.61 > {"ack":3}\n5.0 silent', {"C-PING-CADENCE"}),
    ],
)
def test_the_next_ping_is_counted_from_what_the_dialect_says(
    habit: str, story: str, broken: set[str]
) -> None:
    dialect = speaking(next=habit, bears=["not_json"])
    assert blamed(dialect, OPENS, BEATS, story) == broken


def test_where_nothing_disturbs_a_client_a_late_ping_is_one_whatever_it_said_itself() -> None:
    timing = {"heartbeat_interval": 1}
    undisturbed = made({**NUMBERED, "timing": timing, "client": {"next": "ping"}})
    assert blamed(undisturbed, OPENS, BEATS, BY_ITSELF) == {"C-PING-CADENCE"}


def test_after_some_ends_a_client_stays_away() -> None:
    dialect = speaking(stays_away=[4100, "4200-4299"])
    ends = "1.50 > close {} x\n1.51 < close {}\n1.52 ended local\n"
    gone = seen(dialect, OPENS, BEATS, ends.format(4250, 4250), "#0 4.90 silent")
    assert not violations(gone)
    assert kept("C-RECONNECT", gone)
    assert blamed(dialect, OPENS, BEATS, ends.format(4100, 4100), RETURNS) == {"C-RECONNECT"}
    assert blamed(dialect, OPENS, BEATS, ends.format(4101, 4101), RETURNS) == set()
    ended = ends.format(4100, 4100) + "1.6 exited exit code 0"
    assert kept("C-RECONNECT", seen(dialect, OPENS, BEATS, ended))
    assert blamed(dialect, OPENS, BEATS, ends.format(4101, 4101), "#0 4.90 silent") == {
        "C-RECONNECT"
    }


def test_when_it_comes_back_is_not_judged_where_that_is_left_open() -> None:
    timing = {"heartbeat_interval": 1}
    dialect = made({**NUMBERED, "timing": timing})
    ends = "1.50 > close 1000 x\n1.51 < close 1000\n1.52 ended local\n"
    for story in (RETURNS.replace("1.9", "1.5"), "#0 4.90 silent"):
        assert blamed(dialect, OPENS, BEATS, ends, story) == set()


def test_it_stays_away_also_where_it_is_left_open_when_it_comes_back() -> None:
    timing = {"heartbeat_interval": 1}
    dialect = made({**NUMBERED, "client": {"stays_away": [4100]}, "timing": timing})
    ends = "1.50 > close {} x\n1.51 < close {}\n1.52 ended local\n"
    assert blamed(dialect, OPENS, BEATS, ends.format(4100, 4100), RETURNS) == {"C-RECONNECT"}
    gone = seen(dialect, OPENS, BEATS, ends.format(4100, 4100), "#0 4.90 silent")
    assert not violations(gone)
    assert kept("C-RECONNECT", gone)
    for story in (RETURNS.replace("1.9", "1.5"), "#0 4.90 silent"):
        assert blamed(dialect, OPENS, BEATS, ends.format(1000, 1000), story) == set()


@pytest.mark.parametrize("said", ['{"type":"ping"}', '{"HB":1}', '{"hb":1,"x":2}', "hb"])
def test_a_ping_in_another_form_is_told_of_as_that_and_nothing_else(said: str) -> None:
    story = f"0.40 < {said}\n0.85 < close 4001\n0.86 > close 4001\n0.87 ended local"
    assert blamed(speaking(gives_up=[4001]), OPENS, story) == {"C-PING-FORM"}
    assert blamed(speaking(), OPENS, story) == {"C-PING-FORM"}


def test_what_a_client_has_to_bear_is_what_the_dialect_says() -> None:
    story = "1.2 > hello\n1.21 < close 1003"
    assert blamed(speaking(bears=["not_json"]), OPENS, BEATS, story) == {"C-TOLERATE"}
    assert blamed(speaking(), OPENS, BEATS, story) == set()


def test_an_end_with_1000_is_a_want_of_pongs_only_where_nothing_else_is_wrong() -> None:
    """A client that left, and one that heard no pong any more, end a connection alike there."""
    dialect = speaking(gives_up=[1000], bears=["not_json"])
    story = '1.2 > x\n1.6 < {"hb":3}\n1.61 > {"ack":3}\n2.01 < close 1000'
    [found] = violations(seen(dialect, OPENS, BEATS, story))["C-TOLERATE"]
    assert found.among == {"C-STAY"}
    named = speaking(gives_up=[4001], bears=["not_json"])
    [found] = violations(seen(named, OPENS, BEATS, story.replace("1000", "4001")))["C-TOLERATE"]
    assert not found.among


ASKING = made({**NUMBERED, "ping": {"by": "server", "text": '{"hb":${id}}'}})


@pytest.mark.parametrize(
    ("pong", "broken"),
    [
        ('{"ack":7}', set()),
        ('{"ack":8}', {"B-CLIENT-PONG"}),
        ('{"ack":7,"x":1}', {"B-CLIENT-PONG"}),
        ('{"ack":7}\n0.43 < {"ack":7}', {"B-CLIENT-PONG"}),
        ("nothing", {"B-CLIENT-PONG"}),
    ],
)
def test_a_client_answers_the_pings_of_its_server(pong: str, broken: set[str]) -> None:
    story = f'0.41 > {{"hb":7}}\n0.42 < {pong}\n3.0 silent'
    assert blamed(ASKING, OPENS, story) == broken


def test_pongs_answer_the_ping_whose_number_they_carry() -> None:
    story = '0.41 > {"hb":7}\n0.42 > {"hb":8}\n0.45 < {"ack":8}\n0.46 < {"ack":7}\n0.9 silent'
    assert blamed(ASKING, OPENS, story) == set()


LATER = """
    1.60 < {"hb":3}
    1.61 > {"ack":3}
    2.20 < {"hb":4}
    2.21 > {"ack":4}
"""


@pytest.mark.parametrize(
    ("bears", "story", "charged"),
    [
        # The ping that came last may have been under way when the client was deafened.
        (["not_json"], f'{LATER}2.4 > x\n2.80 < {{"hb":5}}\n2.81 > {{"ack":5}}\n', "C-TOLERATE"),
        # It pinged twice after that.
        (["not_json"], f"1.2 > x\n{LATER}", "C-PING-CADENCE"),
        ([], f'{LATER}2.4 > x\n2.80 < {{"hb":5}}\n2.81 > {{"ack":5}}\n', "C-PING-CADENCE"),
    ],
)
def test_a_heartbeat_that_stopped_is_held_against_what_the_client_bore_last(
    bears: list[str], story: str, charged: str
) -> None:
    dialect = speaking(next="pong", bears=bears)
    assert blamed(dialect, OPENS, BEATS, story, "6.0 silent") == {charged}


UNANSWERED = """
    0.40 < {"hb":1}
    1.00 < {"hb":2}
    1.60 < {"hb":3}
"""


def test_where_nobody_answers_pings_none_is_missing() -> None:
    trace = seen(one_way(), OPENS, UNANSWERED, "1.70 silent")
    assert not violations(trace)
    assert kept("C-PING-CADENCE", trace) == 2
    assert kept("C-STAY", trace) == 1


def test_where_nobody_answers_pings_a_client_has_no_reason_to_end_a_connection() -> None:
    ends = UNANSWERED.replace('1.60 < {"hb":3}', "1.55 < close 1000")
    assert blamed(one_way(), OPENS, ends, RETURNS) == {"C-STAY"}
    assert blamed(one_way(), OPENS, UNANSWERED, "2.80 silent") == {"C-PING-CADENCE"}


@pytest.mark.parametrize(
    ("end", "broken"),
    [("2.001", set[str]()), ("2.030", {"C-RECONNECT-SINGLE"})],
)
def test_an_attempt_that_is_dropped_for_the_next_one_is_over_then(
    end: str, broken: set[str]
) -> None:
    """On two sockets, what is done at one moment may be seen in either order."""
    silent = """
        0.50 opening
        0.51 requested GET / HTTP/1.1
        #2 1.999 opening
        #2 2.000 requested GET / HTTP/1.1
    """
    rest = f"""
        {end} ended eof
        #2 2.10 opened
        #2 2.60 silent
    """
    trace = seen(speaking(), "0.00 started command", silent, rest)
    assert set(violations(trace)) & {"C-RECONNECT-SINGLE"} == broken


@pytest.mark.parametrize(
    ("numbers", "rising", "broken"),
    [
        ((1, 2, 3), True, set[str]()),
        ((7, 9, 20), True, set[str]()),
        ((1, 1, 2), True, {"C-PING-FORM"}),
        ((3, 2, 1), True, {"C-PING-FORM"}),
        ((3, 2, 1), False, set[str]()),
    ],
)
def test_the_numbers_of_pings_rise_where_they_have_to(
    numbers: tuple[int, ...], rising: bool, broken: set[str]
) -> None:
    """On each connection anew: a server there answers a number that is past with an error."""
    dialect = made({**NUMBERED, "ping": {**NUMBERED["ping"], "rising": rising}})  # type: ignore[dict-item]
    beats = [
        f'{1 + 0.6 * place:.2f} < {{"hb":{number}}}\n{1.01 + 0.6 * place:.2f} > {{"ack":{number}}}'
        for place, number in enumerate(numbers)
    ]
    assert blamed(dialect, "0.40 opening\n0.40 opened", *beats) == broken


def test_a_ping_too_soon_after_one_that_noise_brought_on_is_of_the_noise_where_pongs_count() -> (
    None
):
    """There the wait for the next ping begins with the pong, and not with the ping before."""
    dialect = speaking(next="pong", bears=["json"])
    noise = '1.20 > {"type":"news"}\n1.31 < {"hb":3}\n1.32 > {"ack":3}\n'
    hurried = '1.62 < {"hb":4}\n1.63 > {"ack":4}\n'
    assert blamed(dialect, OPENS, BEATS, noise, hurried) == {"C-PING-ALWAYS"}
    plain = '1.31 < {"hb":3}\n1.32 > {"ack":3}\n'
    assert blamed(dialect, OPENS, BEATS, plain, hurried) == {"C-PING-CADENCE"}
