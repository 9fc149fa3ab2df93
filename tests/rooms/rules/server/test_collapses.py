"""All connections end at once: one cause is charged, and what only broke off is nothing's fault."""

from __future__ import annotations

import pytest

from conformance.trace.event import CUT_OFF, NO_TCP, NOBODY_LISTENS
from conformance.trace.note import STARVED
from conformance.verdict.doubts.broken_off import ends_with_others
from tests.traces.notation import of_outcome, outcomes, trace_of, violations

BOTH = """
#1 0.00 opening
#1 0.01 opened
#2 0.02 opening
#2 0.03 opened
#3 0.04 opening
#3 0.05 opened
#2 0.06 > ping
#2 0.07 < pong
#3 0.08 > ping
#3 0.09 < pong
"""
ENDED = "#2 0.501 ended eof\n#3 0.502 ended reset\n#0 0.501..0.502 note "
NOTE = "all connections ended at the same time: 2"
GONE = f"\n#4 0.6 refused {NOBODY_LISTENS}"


def test_what_broke_off_with_all_the_others_is_held_against_nothing() -> None:
    assert violations(trace_of(BOTH + ENDED + NOTE)) == {}
    assert "S-TIMEOUT-EARLIEST" in violations(trace_of(BOTH + ENDED + "something else"))


@pytest.mark.parametrize(
    ("last_ping", "gone", "others"),
    [(0.08, "", {"S-TIMEOUT-CODE"}), (0.4, "", set()), (0.08, "\n#4 1.7 refused nobody", set())],
)
def test_those_that_are_due_when_one_is_reset_may_end_for_their_silence(
    last_ping: float, gone: str, others: set[str]
) -> None:
    gone = gone.replace("nobody", NOBODY_LISTENS)
    pings = f"#2 {last_ping} > ping\n#2 {last_ping + 0.01} < pong\n"
    ends = "#1 1.5 ended local reset\n#2 1.51 ended eof\n#3 1.51 ended eof\n"
    found = violations(trace_of(f"{BOTH}{pings}{ends}#0 1.51..1.511 note {NOTE}{gone}"))
    assert found["S-SURVIVE"][0].among == others


def test_a_reset_that_all_connections_end_after_is_for_s_survive() -> None:
    [found] = violations(trace_of(f"{BOTH}#1 0.5 ended local reset\n{ENDED}{NOTE}"))["S-SURVIVE"]
    assert found.provisional
    seen = violations(trace_of(f"{BOTH}#1 0.5 ended local reset\n{ENDED}{NOTE}{GONE}"))
    assert not seen["S-SURVIVE"][0].provisional
    assert "nobody listened any more" in seen["S-SURVIVE"][0].actual
    assert seen.keys() == {"S-SURVIVE"}


@pytest.mark.parametrize("code", ["1000", "1001"])
def test_the_end_of_one_connection_that_takes_others_along_is_for_s_independent(code: str) -> None:
    found = violations(trace_of(f"{BOTH}#1 0.5 > close {code}\n{ENDED}{NOTE}"))
    assert found.keys() == {"S-INDEPENDENT"}
    assert found["S-INDEPENDENT"][0].provisional


def test_a_message_that_was_under_way_may_be_why() -> None:
    trace = trace_of(f"{BOTH}#2 0.49 > nonsense\n#1 0.5 > close 1000\n{ENDED}{NOTE}")
    assert violations(trace) == {}
    assert of_outcome(trace, "undecidable").keys() == {"S-IGNORE-NOT-JSON"}


def test_who_is_due_is_closed_by_right_though_all_others_end_with_it() -> None:
    """The others are not, and are ended by the same time-out."""
    opened = "#1 0.00 opening\n#1 0.01 opened\n#2 1.00 opening\n#2 1.01 opened\n"
    opened += "#2 1.02 > ping\n#2 1.03 < pong\n"
    ends = "#1 1.5 < close 1000 heartbeat timeout\n#2 1.5 < close 1000 heartbeat timeout\n"
    found = violations(trace_of(f"{opened}{ends}#0 1.5..1.501 note {NOTE}"))
    assert found.keys() == {"S-INDEPENDENT"}
    assert violations(trace_of(opened + ends)).keys() == {"S-TIMEOUT-EARLIEST"}


@pytest.mark.parametrize(("from_when", "failed"), [("1.55", set()), ("1.90", {"S-INDEPENDENT"})])
def test_all_may_be_due_at_once_where_wsbeat_was_late_to_see_it(
    from_when: str, failed: set[str]
) -> None:
    """The second was old enough at the last moment possible, or not nearly then."""
    second = "0.6" if not failed else "1.4"
    opened = f"#1 0.00 opening\n#1 0.01 opened\n#2 {second} opening\n#2 {second}1 opened\n"
    ends = "".join(f"#{each} {from_when}..2.05 < close 1000 heartbeat timeout\n" for each in (1, 2))
    found = violations(trace_of(f"{opened}{ends}#0 2.05..2.05 note {NOTE}"))
    assert found.keys() == failed


LATE = f"#0 0.5..3.6 late 3.1\n#0 0.5..3.6 note {STARVED}2.600\n"
GIVEN_UP = f"#4 3.49 opening\n#4 3.491 refused {NO_TCP}\n"
CUT_SHORT = f"#4 3.499 refused {CUT_OFF}closed before the handshake was answered\n"


def seen_late(width: float, *more: str) -> str:
    """The end of one by right, and of two others in the moment after, as wsbeat read them.

    It had not looked for as long as `width` (seconds).
    """
    since = 3.5 - width
    timed_out = f"#1 {since:.3f}..3.500 < close 1000 heartbeat timeout\n"
    others = f"#2 {since:.3f}..3.501 ended eof\n#3 {since:.3f}..3.502 ended eof\n"
    talk = "#2 2.9 > ping\n#3 2.9 > ping\n#2 2.91 < pong\n#3 2.91 < pong\n"
    return f"{BOTH}{talk}{timed_out}{others}{''.join(more)}#0 3.5..3.502 note {NOTE}"


@pytest.mark.parametrize(
    ("width", "outcome"), [(0.01, "violated"), (0.25, "violated"), (0.5, "undecidable")]
)
def test_what_was_read_at_once_did_not_end_at_once_where_wsbeat_was_late(
    width: float, outcome: str
) -> None:
    trace = trace_of(seen_late(width))
    assert outcome in outcomes(trace, "S-INDEPENDENT")
    assert ("S-INDEPENDENT" in violations(trace)) is (outcome == "violated")


def test_a_connection_that_wsbeat_gave_up_before_it_was_open_was_not_taken_along() -> None:
    """Its TCP connection came about as late as its time was over, and wsbeat dropped it."""
    timed_out = "#1 0.6..3.5 < close 1000 heartbeat timeout\n"
    given_up = f"{GIVEN_UP}{CUT_SHORT}#4 3.4..3.5 ended eof\n"
    opened = "#1 0.00 opening\n#1 0.01 opened\n"
    trace = trace_of(f"{opened}{timed_out}{LATE}{given_up}#0 3.5..3.501 note {NOTE}", attempt=2)
    assert violations(trace) == {}
    assert not ends_with_others(trace)


@pytest.mark.parametrize(
    ("end", "failed"),
    [("reset", set()), ("eof", {"S-INDEPENDENT"})],
)
def test_with_a_reset_the_close_of_one_that_is_due_may_be_lost(end: str, failed: set[str]) -> None:
    """What comes before the end of a TCP connection that was not reset has been read."""
    opened = "".join(f"#{each} 0.00 opening\n#{each} 0.01 opened\n" for each in (1, 2))
    ends = f"#1 1.5 < close 1000 heartbeat timeout\n#2 1.5 ended {end}\n"
    assert violations(trace_of(f"{opened}{ends}#0 1.5..1.501 note {NOTE}")).keys() == failed


@pytest.mark.parametrize(
    ("after", "is_certain"),
    [
        (f"#4 0.6 refused {NOBODY_LISTENS}", True),
        (f"{LATE}#4 3.6 refused {NOBODY_LISTENS}", True),
        (f"#4 2.6 refused {NO_TCP}", True),
        (f"{LATE}#4 3.6 refused {NO_TCP}", False),
        (f"{LATE}#4 3.59 opening\n#4 3.6 refused {NO_TCP}", False),
        (f"#4 2.6 refused {NO_TCP}\n#5 2.61 opening\n#5 2.62 opened", False),
        (f"#4 0.6 opening\n#4 0.61 refused {CUT_OFF}reset", True),
        ("#4 0.6 opening\n#4 0.61 refused 500", False),
        ("#4 0.6 opening\n#4 0.61 opened\n#4 0.9 refused no prelude", False),
    ],
)
def test_nobody_listens_where_the_system_says_so_or_nothing_else_explains_it(
    after: str, is_certain: bool
) -> None:
    found = violations(trace_of(f"{BOTH}#1 0.5 ended local reset\n{ENDED}{NOTE}\n{after}"))
    [all_ended, *_] = found["S-SURVIVE"]
    assert ("nobody listened any more" in all_ended.actual) is is_certain
    assert all_ended.provisional is not is_certain


@pytest.mark.parametrize(
    ("pings", "outcome"), [("", "undecidable"), ("#2 1.30 > ping\n#2 1.31 < pong\n", "violated")]
)
def test_at_a_last_look_whoever_is_left_may_be_closed_too_early_by_itself(
    pings: str, outcome: str
) -> None:
    """Of one whose clock had just begun again, it is no fault of the limit."""
    opened = "#1 0.00 opening\n#1 0.01 opened\n#2 0.50 opening\n#2 0.51 opened\n"
    ends = "#1 1.5 < close 1000 heartbeat timeout\n#2 1.5 < close 1000 heartbeat timeout\n"
    trace = trace_of(f"{opened}{pings}{ends}#0 1.5..1.501 note {NOTE}")
    assert outcome in outcomes(trace, "S-INDEPENDENT")
    assert ("S-INDEPENDENT" in violations(trace)) is (outcome == "violated")
