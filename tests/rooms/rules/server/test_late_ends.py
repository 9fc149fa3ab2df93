"""Who died of a message may have waited for a processor: an end that comes late has its cause."""

from __future__ import annotations

import pytest

import spec
from conformance.rules.ends import TAKES_OTHERS_ALONG
from conformance.rules.server.findings.silence import BETWEEN_CONNECTIONS
from conformance.run.rejudge import judge_traces
from conformance.targets.options import Options
from conformance.trace.note import STARVED
from conformance.trace.trace import Trace
from tests.traces.notation import trace_of, violations

PRODUCTION = spec.load_timing("production")
PINGED = "0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n"
SILENT = "0.00 opening\n0.01 opened\n"
IN_TIME = (
    "#2 0.00 opening\n#2 0.01 opened\n#2 0.02 > ping\n#2 0.03 < pong\n"
    "#2 75 < close 1000 heartbeat timeout\n"
)
IGNORED = (
    "#2 0.00 opening\n#2 0.01 opened\n#2 9.0 > binary 01\n#2 9.1 > ping\n#2 9.2 < pong\n"
    "#2 85 < close 1000 heartbeat timeout\n"
)
AT_ONCE = f"{SILENT}0.02 > binary 01\n0.03 < close 1011\n"


def production(text: str) -> Trace:
    return trace_of(text, timing=PRODUCTION)


LATE = "late 0.3\n"
WAITED = f"#0 9.0..11.9 note {STARVED}1.500\n"


@pytest.mark.parametrize(
    ("after", "busy"), [("9.3", ""), ("11.2", ""), ("40.5", ""), ("41.2", f"#0 41.2 {LATE}")]
)
@pytest.mark.parametrize("end", ["< close 1011", "ended eof"])
@pytest.mark.parametrize(
    ("before", "requirement"), [(PINGED, "S-TIMEOUT-EARLIEST"), (SILENT, "S-CLOCK-START")]
)
def test_an_early_end_may_be_for_what_was_said_last(
    before: str, requirement: str, end: str, after: str, busy: str
) -> None:
    """On a busy machine it came 0.16 s and 2.1 s after the binary message that a server died of."""
    found = violations(production(f"{before}9.0 > binary 01\n{busy}{after} {end}\n{IN_TIME}"))
    torn = TAKES_OTHERS_ALONG if end == "ended eof" else frozenset()
    assert {name: seen[0].among for name, seen in found.items()} == {
        requirement: {"S-BINARY"} | torn | ({"S-TIMEOUT-EARLIEST"} - {requirement})
    }


@pytest.mark.parametrize(
    "text",
    [
        f"{PINGED}9.0 > binary 01\n11.2 < close 1000 heartbeat timeout\n",
        f"{PINGED}9.0 > binary 01\n9.1 > 1\n9.2 < echo 1\n20.0 < close 1011\n",
        f"{PINGED}20.0 < close 1011\n",
        f"{PINGED}20.0 ended eof\n",
        f"{PINGED}9.0 > binary 01\n41.2 < close 1011\n",
        f"{PINGED}9.0 > binary 01\n60 ended eof\n",
        f"{PINGED}9.0 > binary 01\n9.3 < close 1011\n{IGNORED}",
        f"{PINGED}9.0 > 1\n9.1 < echo 1\n9.2 > binary 01\n{WAITED}42.9 < close 1011\n",
    ],
    ids=[
        "it says why",
        "something was answered",
        "nothing was said",
        "without a Close",
        "later than a reply may be by an interval",
        "long after what was said",
        "the same was ignored elsewhere",
        "later than this machine explains",
    ],
)
def test_an_early_end_that_no_message_explains_is_too_early(text: str) -> None:
    found = violations(production(text))
    assert found.keys() == {"S-TIMEOUT-EARLIEST"}
    torn = TAKES_OTHERS_ALONG - BETWEEN_CONNECTIONS if "eof" in text else frozenset()
    assert found["S-TIMEOUT-EARLIEST"][0].among == torn


@pytest.mark.parametrize(
    ("late", "else_broken"),
    [
        (f"{PINGED}9.0 > binary 01\n#0 9.1 {LATE}11.2 < close 1011\n", "S-TIMEOUT-EARLIEST"),
        (
            f"{SILENT}9.0 > binary 01\n#0 9.1 {LATE}11.2 < close 1011\n{IN_TIME}",
            "S-CLOCK-START",
        ),
        (f"{PINGED}69.9 > binary 01\n70.5 < close 1011\n", "S-TIMEOUT-CODE"),
        (f"{PINGED}9.0 > binary 01\n9.0 > 1\n13.2 ended eof\n", "S-ECHO"),
    ],
)
@pytest.mark.parametrize("dies", [True, False])
def test_it_is_held_against_the_message_where_that_is_seen_to_end_connections(
    late: str, else_broken: str, *, dies: bool
) -> None:
    """Where no message is seen to, what is late after one says what it always says."""
    traces = [trace_of(late, timing=PRODUCTION, attempt=attempt) for attempt in (1, 2)]
    result = judge_traces([*traces, *([production(AT_ONCE)] if dies else [])], Options())
    found = {each.requirement.id: each.verdict for each in result.assessments}
    assert found["S-BINARY"] == ("failed" if dies else "not_exercised")
    assert found[else_broken] == ("inconclusive" if dies else "failed")


BINARY_PING = "7b2274797065223a2270696e67227d"


@pytest.mark.parametrize("end", ["< close 1003", "< close 1011", "ended eof"])
def test_what_an_end_cuts_off_does_not_tell_that_an_answer_was_for_something_else(end: str) -> None:
    """Bytes that spell a ping got the pong, and not the ping that was sent after the end."""
    said = f"> 1\n0.02 > binary {BINARY_PING}\n0.02 > 2\n0.02 > binary\n0.02 > 3\n0.02 > ping"
    answers = f"< echo 1\n0.03 < pong\n0.03 < echo 2\n0.03 {end}"
    assert violations(trace_of(f"{SILENT}0.02 {said}\n0.02 > 4\n0.03 {answers}\n")).keys() == {
        "S-BINARY"
    }


@pytest.mark.parametrize(
    ("opened", "among"), [("0.9", {"S-TIMEOUT-CODE"}), ("0.01", {"S-TIMEOUT-CODE"}), ("", set())]
)
def test_a_ping_may_meet_a_heartbeat_close_that_says_nothing(opened: str, among: set[str]) -> None:
    """On a busy machine the clock of the handshake has run out when the first ping is sent."""
    said = "1.2 > ping\n1.6 < close 1000\n"
    text = (
        f"0.00 opening\n{opened} opened\n{said}" if opened else f"1.1 opening\n1.1 opened\n{said}"
    )
    found = violations(trace_of(text))
    assert {name: seen[0].among for name, seen in found.items()} == {"S-PONG": among}


@pytest.mark.parametrize(("said", "is_large"), [(f'"{"a" * 2**15}"', True), ('"a"', False)])
def test_an_early_end_may_be_for_a_large_text_that_was_still_in_work(
    said: str, *, is_large: bool
) -> None:
    """Half of a minute's work, of which a quarter was waited for, and that was called silence."""
    text = f"{PINGED}9.0 > {said}\n17.0 < close 1000 heartbeat timeout\n"
    found = violations(production(text))["S-TIMEOUT-EARLIEST"]
    assert ("S-SIZE" in found[0].among) is is_large


def test_what_was_said_last_stands_beside_an_unusual_end_of_a_silent_connection() -> None:
    """Whoever reads the page looks for what the server closed for."""
    trace = production(f"{PINGED}69.9 > binary 01\n70.5 < close 1011\n")
    [found] = violations(trace)["S-TIMEOUT-CODE"]
    shown = [event for event in trace.events if event.n in found.events]
    assert [event.opcode for event in shown] == ["text", "binary", "close"]
