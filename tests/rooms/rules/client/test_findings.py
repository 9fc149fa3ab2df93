"""What rules on clients say, word for word, and which events show it."""

from __future__ import annotations

import pytest

from conformance.rules import judge
from conformance.rules.observation import Observation
from tests.rooms.rules.client.blame import BEATS, OPENS, seen

RULES = ("C-CLOSE-FINAL", "C-CLOSE-ON-EXIT", "C-TOLERATE", "C-STAY")

LIVES = OPENS + BEATS
STARTED = "0.00 started command\n"

STORIES = {
    "not closed": (
        LIVES + "1.30 asked SIGTERM\n1.31 ended eof\n1.4 exited 1",
        [
            "C-CLOSE-FINAL satisfied 8,10",
            "C-CLOSE-ON-EXIT violated 8,9,10 end of the TCP connection without a Close frame"
            "; the process ended: 1",
            "C-STAY satisfied 3,6",
        ],
    ),
    "still open": (
        LIVES + "1.30 asked SIGTERM\n3.0 silent\n#0 3.0 silent",
        ["C-CLOSE-ON-EXIT violated 8,9 still open after 1.70 s", "C-STAY satisfied 3,6"],
    ),
    "exited before": (
        LIVES + "1.2 exited exit code 1\n1.30 asked SIGTERM\n1.31 ended eof",
        [
            "C-CLOSE-ON-EXIT violated 9,10 end of the TCP connection without a Close frame",
            "C-STAY satisfied 3,6",
        ],
    ),
    "reconnect": (
        LIVES
        + "1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n#2 1.4 opening\n#2 1.42 opened",
        [
            "C-CLOSE-FINAL violated 8,9,11 an attempt after 99 ms",
            "C-CLOSE-ON-EXIT satisfied 8,9",
            "C-STAY satisfied 3,6",
        ],
    ),
    "reconnect without close": (
        LIVES + "1.30 asked SIGTERM\n1.31 ended eof\n#2 1.4 opening\n#2 1.42 opened",
        [
            "C-CLOSE-FINAL violated 8,9,10 an attempt after 99 ms",
            "C-CLOSE-ON-EXIT violated 8,9 end of the TCP connection without a Close frame",
            "C-STAY satisfied 3,6",
        ],
    ),
    "pings soon": (
        LIVES + "1.30 asked SIGTERM\n1.6 < ping\n1.61 > pong\n1.7 < close 1000",
        [
            "C-CLOSE-FINAL violated, once 8,9 a ping after 0.30 s",
            "C-CLOSE-ON-EXIT satisfied 8,11",
            "C-STAY satisfied 3,9",
        ],
    ),
    "pings late": (
        LIVES + "1.30 asked SIGTERM\n2.2 < ping\n2.21 > pong\n2.3 < close 1000\n2.4 ended eof",
        [
            "C-CLOSE-FINAL violated 8,9 a ping after 0.90 s",
            "C-CLOSE-ON-EXIT satisfied 8,11",
            "C-STAY satisfied 3,9",
        ],
    ),
    "final": (
        LIVES + "1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n1.4 exited exit code 0",
        ["C-CLOSE-FINAL satisfied 8,11", "C-CLOSE-ON-EXIT satisfied 8,9", "C-STAY satisfied 3,6"],
    ),
    "final, by waiting": (
        LIVES + "1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n#0 5.4 silent",
        ["C-CLOSE-FINAL satisfied 8,11", "C-CLOSE-ON-EXIT satisfied 8,9", "C-STAY satisfied 3,6"],
    ),
    "final, not waited": (
        LIVES + "1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n#0 1.4 silent",
        ["C-CLOSE-ON-EXIT satisfied 8,9", "C-STAY satisfied 3,6"],
    ),
    "noise kills": (
        LIVES + "1.1 > hello\n1.11 < close 1011 oops\n1.12 ended eof\n1.2 exited exit code 1",
        ['C-TOLERATE violated 8,9,11 Close 1011 "oops"; the process ended: exit code 1'],
    ),
    "three at once kill": (
        LIVES + "1.1 > a\n1.1 > b\n1.1 > c\n1.11 ended reset",
        ["C-TOLERATE violated 8,9,10,11 TCP reset without a Close frame"],
    ),
    "one of two": (
        LIVES + "1.02 > a\n1.2 > b\n1.21 ended reset",
        ["C-TOLERATE violated 8,9,10 TCP reset without a Close frame"],
    ),
    "left": (
        LIVES + "1.50 < close 1000\n1.51 ended eof\n1.6 exited exit code 3",
        ['C-STAY violated 3,7,8,10 Close 1000 ""; the process ended: exit code 3'],
    ),
    "left soon": (
        LIVES + "1.10 < close 1000\n1.11 ended eof",
        ['C-STAY violated, once 3,7,8 Close 1000 ""'],
    ),
    "left without a beat": (
        OPENS + "0.3 < close 1000\n0.31 ended eof",
        ['C-STAY violated 3,4 Close 1000 ""'],
    ),
    "stays": (
        LIVES + "1.60 < ping\n1.61 > pong\n1.9 silent",
        ["C-STAY satisfied 3,8"],
    ),
    "stays too short": (
        OPENS + "0.40 < ping\n0.41 > pong\n0.6 silent",
        [],
    ),
    "never": (
        STARTED + "#0 4.0 silent",
        ["C-STAY violated 0,1 nobody came, after 4.00 s"],
    ),
    "never, where it was given a URL with TLS": (
        "#0 0.00 certificate valid\n" + STARTED + "#0 4.0 silent",
        [],
    ),
    "asked through a launcher": (
        LIVES
        + "1.20 note the process that is asked to end has started another: main\n"
        + "1.30 asked SIGTERM\n1.6 < ping\n1.61 > pong\n2.2 < ping\n2.3 < close 1000",
        [
            "C-CLOSE-FINAL violated, once 9,10 a ping after 0.30 s",
            "C-CLOSE-ON-EXIT satisfied 9,13",
        ],
    ),
    "dies": (
        STARTED + "#0 0.5 exited exit code 1\n#0 4.0 silent",
        ["C-STAY violated 0,1 the process ended: exit code 1, after 0.50 s"],
    ),
}
"""Stories, and what is to be said of each: requirement, outcome, the events that show it, how."""


def _in_words(requirement: str, seen: Observation) -> str:
    once = ", once" if seen.provisional else ""
    shown_by = ",".join(map(str, seen.events))
    return f"{requirement} {seen.outcome}{once} {shown_by} {seen.actual}".rstrip()


@pytest.mark.parametrize(("story", "said"), STORIES.values(), ids=STORIES.keys())
def test_what_is_said_of_a_client(story: str, said: list[str]) -> None:
    assert [_in_words(name, each) for name, each in judge(seen(story)) if name in RULES] == said


def test_who_may_not_have_heard_that_it_is_to_end_is_told_why() -> None:
    """A shell ends of the signal, and what it started lives on."""
    story, _ = STORIES["asked through a launcher"]
    (found,) = [each for _, each in judge(seen(story)) if each.outcome == "violated"]
    assert "did not hear of it" in found.message
    assert "(main)" in found.message


@pytest.mark.parametrize(("end", "is_told"), [("reset", True), ("eof", False)])
def test_a_reset_may_have_taken_a_close_back(end: str, is_told: bool) -> None:
    """Some libraries say goodbye and abort in the same moment."""
    story = LIVES + f"1.30 asked SIGTERM\n1.31 ended {end}\n1.4 exited exit code 0"
    found = [each for _, each in judge(seen(story)) if each.outcome == "violated"]
    assert ["takes back" in each.message for each in found] == [is_told]
