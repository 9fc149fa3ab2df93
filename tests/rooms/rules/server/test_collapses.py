"""All connections end at once: one cause is charged, and what only broke off is nothing's fault."""

from __future__ import annotations

import pytest

from tests.traces.notation import of_outcome, trace_of, violations

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
GONE = "\n#4 0.6 opening\n#4 0.61 refused"


def test_what_broke_off_with_all_the_others_is_held_against_nothing() -> None:
    assert violations(trace_of(BOTH + ENDED + NOTE)) == {}
    assert "S-TIMEOUT-EARLIEST" in violations(trace_of(BOTH + ENDED + "something else"))


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
    """The second was old enough at the last moment possible, or not even then."""
    second = "0.6" if not failed else "0.7"
    opened = f"#1 0.00 opening\n#1 0.01 opened\n#2 {second} opening\n#2 {second}1 opened\n"
    ends = "".join(f"#{each} {from_when}..2.05 < close 1000 heartbeat timeout\n" for each in (1, 2))
    found = violations(trace_of(f"{opened}{ends}#0 2.05..2.05 note {NOTE}"))
    assert found.keys() == failed
