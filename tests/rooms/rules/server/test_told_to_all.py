"""What a server tells everybody is no second answer, and no want of one (S-QUIET)."""

from __future__ import annotations

from conformance.trace.event import TOO_LARGE
from tests.traces.notation import trace_of, violations

OPENED = "#1 0.00 opening\n#1 0.01 opened\n#2 0.00 opening\n#2 0.01 opened\n"
SAID = '{"type":"echo","data":7}'


def test_a_second_echo_may_be_for_who_said_the_same_elsewhere() -> None:
    both = f"#1 0.02 > 7\n#2 0.02 > 7\n#1 0.03 < {SAID}\n#1 0.03 < {SAID}\n#2 0.03 < {SAID}\n"
    [twice] = violations(trace_of(f"{OPENED}{both}"))["S-ECHO"]
    assert twice.among == {"S-QUIET"}
    alone = f"#1 0.02 > 7\n#2 0.02 > 8\n#1 0.03 < {SAID}\n#1 0.03 < {SAID}\n#2 0.03 < echo 8\n"
    [twice] = violations(trace_of(f"{OPENED}{alone}"))["S-ECHO"]
    assert twice.among == frozenset()


def test_what_is_larger_than_any_answer_may_be_for_somebody_else() -> None:
    large = f"#1 0.02 > ping\n#1 0.1 broken {TOO_LARGE}: more than 500000 bytes\n"
    [unanswered] = violations(trace_of(f"{OPENED}{large}"))["S-PONG"]
    assert unanswered.among == {"S-QUIET"}


def test_an_echo_of_what_was_never_said_here_may_be_for_somebody_else() -> None:
    """Where nothing else is told unasked, it is a wrong answer."""
    answered = "#1 0.10 > 8\n#1 0.11 < echo 9\n"
    [wrong] = violations(trace_of(f"{OPENED}{answered}#1 0.2 silent"))["S-ECHO-DATA"]
    assert wrong.among == frozenset()
    told = f"#2 0.05 < {SAID}\n{answered}#1 0.12 > 10\n#1 0.13 < echo 10\n#1 0.2 silent"
    [wrong] = violations(trace_of(f"{OPENED}{told}"))["S-ECHO-DATA"]
    assert wrong.among == {"S-QUIET"}
