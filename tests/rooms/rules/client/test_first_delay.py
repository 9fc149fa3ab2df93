"""Who is late with a first attempt, and which of several requirements that may be due to."""

from __future__ import annotations

from conformance.rules import judge
from tests.rooms.rules.client.blame import BEATS, OPENS, REFUSED, seen

LATE = "#2 2.42 opening\n#2 2.43 opened"


def test_a_client_that_was_in_time_once_may_never_return_to_its_first_delay() -> None:
    """Which of the two it is, is told by what it does after failures, in other traces."""
    first = "1.5 ended local\n#2 1.90 opening\n#2 1.91 requested GET\n#2 1.92 opened\n"
    beats = "#2 2.3 < ping\n#2 2.31 > pong\n#2 2.9 ended local\n"
    later = "#3 3.80 opening\n#3 3.81 requested GET\n#3 3.82 opened"
    late_again = judge(seen(OPENS, BEATS, first, beats, later))
    late_at_once = judge(seen(OPENS, BEATS, f"1.5 ended local\n{LATE}"))
    for found, explained in ((late_again, {"C-BACKOFF"}), (late_at_once, set())):
        (late,) = [each for name, each in found if each.outcome == "violated"]
        assert late.among == explained


def test_who_is_late_after_failures_may_be_so_without_any() -> None:
    """Which of the two it is, is told by the connection that a client loses first of all."""
    third = "#3 2.90 opening\n#3 2.91 requested GET\n#3 2.92 opened\n#3 3.00 < ping\n#3 3.01 > pong"
    beats = "#3 3.60 < ping\n#3 3.61 > pong\n#3 3.90 ended local\n"
    fourth = "#4 5.40 opening\n#4 5.41 requested GET\n#4 5.42 opened\n"
    once = judge(seen(OPENS, BEATS, REFUSED, third, beats, fourth))
    (late,) = [(name, each) for name, each in once if each.outcome == "violated"]
    assert (late[0], late[1].among) == ("C-BACKOFF", frozenset({"C-RECONNECT-CEILING"}))


def test_who_is_late_where_nothing_had_failed_may_not_wait_for_its_close() -> None:
    """A client that is late anyhow is late after a Close that nobody answers, too."""
    gone = "1.20 < ping\n1.62 < close 4000 pong timeout\n#2 3.00 opening\n#2 3.01 opened"
    found = judge(seen(OPENS, "0.40 < ping\n0.41 > pong", gone))
    among = [each.among for name, each in found if name == "C-PONG-MISSING" and each.message]
    assert among == [{"C-RECONNECT-CEILING", "C-BACKOFF"}]
