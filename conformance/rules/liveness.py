"""Rules on the heartbeat clock of a server (protocol.md: liveness).

A fault that all silent connections of a trace share is one of the limit itself. A fault that only
those show that did something special (never pinged, pinged often, talked) is one of what they did.
Scenarios therefore set a plain connection beside every special one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..evidence import HEARTBEAT_REASON, NORMAL_CLOSURE, Connection, Departure, Evidence
from ..trace import Event
from .observation import Observation, Window, satisfied, undecidable, violated
from .rule import rule
from .timing import elapsed, harness_was_late, is_early, is_late, seconds

Manner: TypeAlias = Literal["plain", "never pinged", "pinged again", "talked on"]
Deviation: TypeAlias = Literal["early", "late", "never", "perhaps early", "perhaps late"]


@dataclass(frozen=True, slots=True)
class Silence:
    """A connection that stopped pinging after `since`, and what the server made of it.

    `deviation` is None when the close came inside the window; "never" when none came at all.
    """

    connection: Connection
    since: Event
    end: Event
    departure: Departure | None
    manner: Manner
    deviation: Deviation | None

    @property
    def too_early(self) -> bool:
        return self.deviation == "early"

    @property
    def too_late(self) -> bool:
        return self.deviation in ("late", "never")

    @property
    def unsure(self) -> bool:
        return self.deviation in ("perhaps early", "perhaps late")


@rule("S-TIMEOUT-EARLIEST")
def no_heartbeat_close_before_the_limit(evidence: Evidence) -> Iterator[Observation]:
    """The time from the last ping, or the handshake, to the close is at least `heartbeat_timeout`.

    A close or an end of the connection that nothing else explains counts as a heartbeat close.
    Measured from before the ping was handed to the socket until the close was read, without
    tolerance; a ping whose pong had not come may have crossed the close and does not count. An
    early close that only connections with a special history show belongs to
    S-CLOCK-START or S-REFRESH.
    """
    silences = _silences(evidence)
    shared = any(silence.too_early for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.deviation == "perhaps early":
            yield _unsure(silence, evidence)
        elif silence.too_early and (shared or silence.manner in ("plain", "talked on")):
            yield _early(silence, evidence, "The server closed a connection too early.")
        elif silence.departure is not None and not silence.too_early:
            yield satisfied(silence.since, silence.end)


@rule("S-TIMEOUT-LATEST")
def the_heartbeat_close_comes_in_time(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection is closed by `heartbeat_timeout` + `check_interval` after its last ping.

    `tolerance` is added. A late close that only connections with a special history show belongs
    to S-CLOCK-START or S-ONLY-PINGS.
    """
    silences = _silences(evidence)
    shared = any(silence.too_late for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.deviation == "perhaps late":
            yield _unsure(silence, evidence)
        elif silence.too_late and (shared or silence.manner in ("plain", "pinged again")):
            yield _late(silence, evidence, "A silent connection was not closed in time.")
        elif silence.departure is not None and not silence.too_late:
            yield satisfied(silence.since, silence.end)


@rule("S-TIMEOUT-CODE")
def the_heartbeat_close_has_its_code_and_reason(evidence: Evidence) -> Iterator[Observation]:
    """A connection closed for want of pings gets a Close 1000 with the reason `heartbeat timeout`.

    Every end of a silent connection after the limit is one, unless something else explains it. The
    reason may be given for nothing else.
    """
    for _, departure in evidence.departures():
        close = departure.close
        named = close is not None and close.reason == HEARTBEAT_REASON
        if departure.cause == "harness" or not (named or departure.cause == "heartbeat"):
            continue
        if departure.cause != "heartbeat":
            yield violated(
                "The reason of the heartbeat close was given for something else.",
                departure.event,
                expected=f'the reason "{HEARTBEAT_REASON}" for silent connections alone',
                actual=str(departure),
            )
        elif close and close.code == NORMAL_CLOSURE and named:
            yield satisfied(departure.event)
        else:
            yield violated(
                "A silent connection was closed with the wrong code or reason.",
                departure.event,
                expected=f'Close {NORMAL_CLOSURE} "{HEARTBEAT_REASON}"',
                actual=str(departure),
            )


@rule("S-CLOCK-START")
def the_clock_starts_with_the_handshake(evidence: Evidence) -> Iterator[Observation]:
    """A connection that never pings is closed in the same window, counted from its handshake.

    Judged beside a connection that did ping: when that one deviates too, the limit is at fault.
    """
    yield from _special(
        evidence,
        "never pinged",
        early="A connection that never pinged was closed too early.",
        late="A connection that never pinged was not closed in time.",
    )


@rule("S-REFRESH")
def every_ping_restarts_the_clock(evidence: Evidence) -> Iterator[Observation]:
    """A connection that goes on pinging stays open, and after its last ping the limit runs anew.

    No finite run shows "every" ping. Shown are pings at `heartbeat_interval` for longer than
    a silent connection lives, and quick series of pings followed by silence, in many phases of the
    server's check.
    """
    for connection in evidence.connections:
        if len(connection.pings) > 1 and _outlived_the_limit(connection):
            yield satisfied(connection.pings[0], connection.pings[-1])
    silences = _silences(evidence)
    shared = any(silence.too_early for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.manner != "pinged again":
            continue
        if silence.too_early and not shared:
            yield _early(silence, evidence, "The server closed a connection in spite of its pings.")
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(*silence.connection.pings, silence.end)


@rule("S-ONLY-PINGS")
def nothing_but_pings_restarts_the_clock(evidence: Evidence) -> Iterator[Observation]:
    """Business messages, text that is not JSON, binary messages and control frames prolong nothing.

    A connection that talks on after its last ping is closed in the window of that ping. Not judged
    for a target that declares `inbound_liveness`.
    """
    if evidence.capabilities.inbound_liveness:
        return
    silences = _silences(evidence)
    shared = any(silence.too_late for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.manner != "talked on":
            continue
        if silence.deviation == "perhaps late":
            yield _unsure(silence, evidence)
        elif silence.too_late and not shared:
            said = _talk(silence.connection, silence.since)[0]
            yield _late(
                silence,
                evidence,
                f"Traffic that is no ping kept a connection open: {_named(said)}.",
                said,
            )
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)


def _special(evidence: Evidence, manner: Manner, early: str, late: str) -> Iterator[Observation]:
    silences = _silences(evidence)
    plain = [silence for silence in silences if silence.manner == "plain"]
    shared_early = any(silence.too_early for silence in plain)
    shared_late = any(silence.too_late for silence in plain)
    for silence in silences:
        if silence.manner != manner:
            continue
        if silence.unsure:
            yield _unsure(silence, evidence)
        elif silence.too_early and not shared_early:
            yield _early(silence, evidence, early)
        elif silence.too_late and not shared_late:
            yield _late(silence, evidence, late)
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)


def _silences(evidence: Evidence) -> list[Silence]:
    found = (_silence(connection, evidence) for connection in evidence.connections)
    return [silence for silence in found if silence is not None]


def _silence(connection: Connection, evidence: Evidence) -> Silence | None:
    """The last silence of a connection, if it says anything about the heartbeat clock."""
    timing = evidence.timing
    departure = connection.departure
    if departure is not None and departure.cause in ("message", "shutdown"):
        return None
    if departure is None or departure.cause == "harness":
        end = next((event for event in connection.events if event.kind == "silent"), None)
        departure = None
    else:
        end = departure.event
    since = connection.last_restart_before(end) if end is not None else None
    if end is None or since is None or not connection.was_read(since.earliest, end.latest):
        return None
    manner = _manner(connection, since)
    late = is_late(timing.latest_close, since, end, evidence.trace)
    deviation: Deviation | None
    if departure is None:
        if late is False:
            return None
        deviation = "never" if late else "perhaps late"
    elif late is not False:
        deviation = "late" if late else "perhaps late"
    else:
        since = connection.last_restart_known_before(end) or since
        early = is_early(timing.heartbeat_timeout, since, end)
        sure = connection.last_sure_restart_before(end)
        if early and sure is not None and sure.n != since.n:
            early = is_early(timing.heartbeat_timeout, sure, end) or None
        deviation = {True: "early", False: None, None: "perhaps early"}[early]
    return Silence(connection, since, end, departure, manner, deviation)


def _manner(connection: Connection, since: Event) -> Manner:
    if _talk(connection, since):
        return "talked on"
    if not connection.pings:
        return "never pinged"
    return "plain" if len(connection.pings) == 1 else "pinged again"


def _talk(connection: Connection, since: Event) -> list[Event]:
    """What was sent after the clock's last restart, the answer to a Close left out."""
    return [
        event
        for event in connection.events
        if event.kind == "sent" and event.n > since.n and event.opcode in ("text", "binary", "ping")
    ]


def _outlived_the_limit(connection: Connection) -> bool:
    """Whether pings kept a connection open for longer than a silent one could have lived."""
    opened, timing = connection.opened, connection.timing
    if opened is None or connection.departure is None or connection.departure.cause != "harness":
        return False
    lived = connection.watched_until - opened.latest
    return lived > timing.latest_close


def _named(said: Event) -> str:
    if said.opcode == "ping":
        return "control Pings"
    return "binary messages" if said.opcode == "binary" else f"texts such as {said.content!s:.60}"


def _since(silence: Silence) -> str:
    return "the last ping" if silence.connection.pings else "the handshake"


def _window(silence: Silence, evidence: Evidence) -> Window:
    timing = evidence.timing
    return Window(
        _since(silence),
        timing.heartbeat_timeout,
        timing.latest_close + timing.tolerance,
        elapsed(silence.since, silence.end),
    )


def _early(silence: Silence, evidence: Evidence, message: str) -> Observation:
    limit = evidence.timing.heartbeat_timeout
    most = seconds(elapsed(silence.since, silence.end)[1])
    return violated(
        message,
        silence.since,
        silence.end,
        expected=f"no close before {seconds(limit)} after {_since(silence)}",
        actual=f"{silence.departure} after at most {most}",
        window=_window(silence, evidence),
    )


def _late(silence: Silence, evidence: Evidence, message: str, *shown: Event) -> Observation:
    timing = evidence.timing
    least = seconds(elapsed(silence.since, silence.end)[0])
    return violated(
        message,
        silence.since,
        *shown,
        silence.end,
        expected=f'Close {NORMAL_CLOSURE} "{HEARTBEAT_REASON}" within '
        f"{seconds(timing.latest_close)} after {_since(silence)} "
        f"(and {seconds(timing.tolerance)} of tolerance)",
        actual=f"still open after {least}"
        if silence.departure is None
        else f"{silence.departure} after {least}",
        window=_window(silence, evidence),
        provisional=True,
    )


def _unsure(silence: Silence, evidence: Evidence) -> Observation:
    return undecidable(
        harness_was_late(evidence.trace, silence.since, silence.end),
        silence.since,
        silence.end,
        window=_window(silence, evidence),
    )
