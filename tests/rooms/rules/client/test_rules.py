"""Rules on clients at their edges: one story each, and whose fault it is."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Capabilities
from tests.rooms.rules.client.blame import BEATS, OPENS, RETURNS, blamed, seen
from tests.traces.notation import of_outcome, trace_of, violations

PLAN_B = Capabilities(server_ping=True)
CONFORMANT = {
    "closed, and back in time": "1.50 > close 1000 x\n1.51 < close 1000\n1.52 ended local"
    + RETURNS,
    "gave up, and back": """
        1.60 < ping
        2.01 < close 4000 pong timeout
        #2 2.40 opening
        #2 2.41 requested GET
        #2 2.42 opened""",
    "a pong that is late, but in time": "1.60 < ping\n1.98 > pong\n2.20 < ping",
    "noise is borne": "1.1 > hello\n1.2 > binary ff\n1.3 > pong\n1.60 < ping\n1.61 > pong",
    "asked to end": "1.30 asked SIGTERM\n1.31 < close 1001\n1.32 ended eof\n1.4 exited exit code 0",
    "an unused TCP connection": "#2 1.30 opening\n1.60 < ping\n#2 1.90 ended eof",
    "a larger message than it must bear": "1.1 > " + "x" * 65_537 + "\n1.2 < close 1009",
    "one that is larger in bytes": "1.1 > " + "\u00e9" * 32_769 + "\n1.2 < close 1009",
    "a binary one": "1.1 > binary " + "ff" * 65_537 + "\n1.2 < close 1009",
    "nothing listened for long": """
        1.20 ended local
        1.21 closed_door
        6.00 opened_door
        #2 8.90 opening
        #2 8.91 requested GET""",
    "an attempt just before the end of the connection": """
        #2 1.50..1.50 opening
        1.50..1.50 ended local
        #2 1.51 requested GET
        #2 1.52 opened""",
    "crossing closes": """
        1.60 < ping
        2.001 > close 1001
        1.995..2.002 < close 4000 pong timeout
        2.01 ended local
        #2 2.30 opening
        #2 2.31 requested GET""",
}


@pytest.mark.parametrize("story", CONFORMANT.values(), ids=CONFORMANT.keys())
def test_nobody_is_blamed(story: str) -> None:
    trace = seen(OPENS, BEATS, story)
    assert not violations(trace)
    assert not of_outcome(trace, "undecidable")


BROKEN = {
    "a third ping that does not come": ("C-PING-CADENCE", "1.80 silent"),
    "a third ping that comes too soon": ("C-PING-CADENCE", "1.40 < ping"),
    "a further member": ("C-PING-FORM", '1.60 < {"type":"ping","n":3}'),
    "a binary ping": ("C-PING-FORM", "1.60 < binary 7b2274797065223a2270696e67227d"),
    "no ping after a lost pong": ("C-PING-ALWAYS", "1.60 < ping\n2.03 > pong\n2.40 silent"),
    "talk puts pings off": (
        "C-PING-ALWAYS",
        '1.2 > {"n":1}\n1.6 > {"n":2}\n1.9 > {"n":3}\n2.5 < ping\n2.51 > pong',
    ),
    "no ping after noise": ("C-TOLERATE", "1.2 > hello\n2.80 silent"),
    "a close after noise": ("C-TOLERATE", "1.2 > binary ff\n1.21 < close 1003"),
    "a death after noise": ("C-TOLERATE", "1.2 > NaN\n1.21 ended eof\n1.3 exited exit code 1"),
    "deaf after noise": ("C-TOLERATE", "1.2 > x\n1.6 < ping\n1.61 > pong\n2.01 < close 4000 deaf"),
    "an end without a reason": ("C-STAY", "1.2 < close 1000"),
    "a drop without a reason": ("C-STAY", "1.2 ended reset"),
    "no way back": ("C-RECONNECT", "1.5 ended local\n#0 4.9 silent"),
    "a death in place of a way back": ("C-RECONNECT", "1.5 ended local\n1.6 exited exit code 0"),
    "an attempt beyond the cap": ("C-RECONNECT", "1.5 ended local\n#2 5.2 opening\n#2 5.3 opened"),
    "an attempt that is late": (
        "C-RECONNECT-CEILING",
        "1.5 ended local\n#2 2.3 opening\n#2 2.31 opened",
    ),
    "an attempt at once": (
        "C-RECONNECT-FLOOR",
        "1.5 ended local\n#2 1.79 opening\n#2 1.8 opened",
    ),
    "an attempt at the moment of the end": (
        "C-RECONNECT-FLOOR",
        "1.5..1.5 ended local\n#2 1.5..1.5 opening\n#2 1.51 requested GET\n#2 1.52 opened",
    ),
    "half a second after the TCP end is too soon after no Close": (
        "C-RECONNECT-FLOOR",
        "1.5 > close 1000\n1.51 < close 1000\n1.52 ended eof\n#2 1.75 opening\n#2 1.76 opened",
    ),
    "two connections": (
        "C-RECONNECT-SINGLE",
        "#2 1.30 opening\n#2 1.31 requested GET\n#2 1.32 opened\n1.60 < ping\n1.61 > pong",
    ),
    "two connections at the same moment, the first of which is forgotten": (
        "C-RECONNECT-SINGLE",
        """
        1.50 ended local
        #2 1.90..1.90 opening
        #3 1.90..1.90 opening
        #2 1.91 opened
        #3 1.91 opened
        #3 2.20 < ping
        #3 2.21 > pong
        #2 2.90 silent
        #3 2.90 silent""",
    ),
    "a connection kept without pongs": (
        "C-PONG-MISSING",
        "1.60 < ping\n2.20 < ping\n2.80 < ping\n2.90 silent",
    ),
    "impatience": ("C-PONG-MISSING", "1.60 < ping\n1.80 < close 4000"),
    "another code": ("C-PONG-MISSING", "1.60 < ping\n2.01 < close 1000"),
    "no code": ("C-PONG-MISSING", "1.60 < ping\n2.01 ended eof"),
    "a wait for the answer to its own Close": (
        "C-PONG-MISSING",
        "1.60 < ping\n2.01 < close 4000\n#0 6.0 silent",
    ),
    "a wait for that answer which its library ends": (
        "C-PONG-MISSING",
        """
        1.60 < ping
        2.01 < close 4000
        3.21 ended eof
        #2 3.60 opening
        #2 3.61 requested GET
        #2 3.62 opened""",
    ),
    "late after it dropped what it had given up": (
        "C-RECONNECT-CEILING",
        """
        1.60 < ping
        2.01 < close 4000
        2.02 ended eof
        #2 3.21 opening
        #2 3.22 requested GET
        #2 3.23 opened""",
    ),
    "two attempts for one that failed": (
        "C-RECONNECT-SINGLE",
        """
        1.50 ended local
        #2 1.90 opening
        #2 1.91 requested GET
        #2 1.92 refused 503
        #2 1.93 ended local
        #3 2.30 opening
        #3 2.31 requested GET
        #3 2.32 refused 503
        #3 2.33 ended local
        #4 2.40 opening
        #4 2.41 requested GET
        #4 2.42 opened
        #5 2.70 opening
        #5 2.71 requested GET
        #5 2.72 opened
        #4 4.50 silent
        #5 4.50 silent""",
    ),
    "two connections, of which it closes the one that it knows of": (
        "C-RECONNECT-SINGLE",
        """
        1.50 ended local
        #2 1.90 opening
        #2 1.91 requested GET
        #2 1.92 opened
        #3 1.95 opening
        #3 1.96 requested GET
        #3 1.97 opened
        #2 2.50 < ping
        #2 2.51 > pong
        #0 2.55 asked SIGTERM
        #3 2.56 < close 1000
        #3 2.57 > close 1000
        #3 2.58 ended local
        #2 3.10 < ping
        #2 3.11 > pong
        #2 3.70 < ping
        #2 3.71 > pong
        #2 4.10 silent
        #0 4.10 silent""",
    ),
    "an exit without a Close": (
        "C-CLOSE-ON-EXIT",
        "1.30 asked SIGTERM\n1.31 ended eof\n1.4 exited killed by SIGTERM",
    ),
    "an exit that does not happen": (
        "C-CLOSE-ON-EXIT",
        "1.30 asked SIGTERM\n3.0 silent\n#0 3.0 silent",
    ),
    "a reconnect after its own close": (
        "C-CLOSE-FINAL",
        "1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n#2 1.7 opening\n#2 1.72 opened",
    ),
    "a connection that was on its way, and is kept": (
        "C-CLOSE-FINAL",
        """
        1.50 ended local
        #2 1.90 opening
        #2 1.91 requested GET / HTTP/1.1
        #0 1.95 asked SIGTERM
        #2 2.00 opened
        #2 3.50 silent
        #0 3.50 silent""",
    ),
    "pings after its own close": (
        "C-CLOSE-FINAL",
        "1.30 asked SIGTERM\n1.6 < ping\n1.61 > pong\n2.2 < ping\n2.3 < close 1000\n2.4 ended eof",
    ),
}


@pytest.mark.parametrize(("requirement", "story"), BROKEN.values(), ids=BROKEN.keys())
def test_one_fault_is_one_requirement(requirement: str, story: str) -> None:
    assert blamed(OPENS, BEATS, story) == {requirement}


@pytest.mark.parametrize(("seconds", "once"), [(0.10, False), (0.30, True)])
def test_what_may_have_been_on_its_way_for_long_has_to_show_itself_twice(
    seconds: float, once: bool
) -> None:
    given_up = f"1.60 < ping\n{1.6 + seconds:.2f} < close 4000"
    (found,) = of_outcome(seen(OPENS, BEATS, given_up), "violated")["C-PONG-MISSING"]
    assert found.provisional is once


def test_a_first_ping_that_does_not_come() -> None:
    assert blamed(OPENS, "1.20 silent") == {"C-PING-FIRST"}
    assert not blamed(OPENS, "0.90 silent")


def test_a_client_that_was_started_connects() -> None:
    assert blamed("0.0 started command", "#0 9.0 silent") == {"C-STAY"}
    assert blamed("0.0 started command", "0.2 exited exit code 1") == {"C-STAY"}
    assert not blamed("0.0 started command", "0.1 asked SIGTERM", "0.2 exited exit code 0")


def test_who_may_have_waited_long_enough_for_a_pong_was_deaf_after_noise() -> None:
    """The pong to its last ping was sent, but what came before that ping may have kept it away."""
    gives_up = "1.60 < ping\n1.61 > pong\n1.90..2.00 < close 4000 deaf"
    assert blamed(OPENS, BEATS, "1.1 > hello", gives_up) == {"C-TOLERATE"}
    assert blamed(OPENS, BEATS, gives_up) == {"C-STAY"}


def test_servers_are_not_judged_by_rules_on_clients_nor_clients_by_those_on_servers() -> None:
    client = seen(OPENS, BEATS, "1.5 ended local" + RETURNS)
    assert all(name.startswith("C-") for name in of_outcome(client, "satisfied"))
    server = trace_of("0.0 opening\n0.01 opened\n0.1 > ping\n0.2 < pong\n0.3 ended local")
    assert all(name.startswith("S-") for name in of_outcome(server, "satisfied"))


@pytest.mark.parametrize(
    ("answer", "blame"), [("", set()), ("1.101 > control pong beat", {"C-STAY"})]
)
def test_who_gets_no_answer_to_a_control_ping_has_a_reason_to_go(
    answer: str, blame: set[str]
) -> None:
    """Its library gives up a connection on which RFC 6455 is not kept: whoever fell silent."""
    assert blamed(OPENS, BEATS, "1.10 < control ping beat", answer, "1.50 ended reset") == blame


@pytest.mark.parametrize(("asked", "once"), [(0.3, True), (0.4, False)])
def test_who_is_asked_to_end_as_soon_as_it_is_open_may_not_know_yet_that_it_is(
    asked: float, once: bool
) -> None:
    """What runs for the first time takes its time: a virtual machine loads what it needs then."""
    end = f"{asked} asked SIGINT\n{asked + 0.02} ended eof\n{asked + 0.1} exited exit code 130"
    (found,) = of_outcome(seen(OPENS, end), "violated")["C-CLOSE-ON-EXIT"]
    assert found.provisional is once
