"""Silences: connections that stopped pinging, and when the server closed them.

How it works
------------

1. The clock of a connection was restarted last by `since`: the handshake, or a sign of life (a
   ping; under Plan B a pong). The silence goes from there to `end`: the close, or the last moment
   at which the connection was certainly open.
2. The close is due between `heartbeat_timeout` and `latest_close` after `since`. `deviation` says
   on which side of that window it came; "perhaps" where the intervals do not decide.
3. `manner` says how the connection lived until then. A fault that all silent connections of a
   trace share is one of the limit itself (S-TIMEOUT-EARLIEST, S-TIMEOUT-LATEST). A fault of those
   alone that did something special (never pinged, pinged often, talked on) is one of what they
   did. Scenarios therefore set a plain connection beside every special one.
4. A late one is compared with its neighbours: a ping on another connection may have restarted this
   clock too (`prolonged_by`, S-INDEPENDENT), and dead peers or resets may hold the server up
   (`beside`; S-NO-QUEUE, S-SURVIVE).

Example, at `fast` (0.6 s, 1.4 s, 0.6 s): connection 1 pings at 0.1 s and is closed at 1.9 s,
within [1.5, 2.1]: a plain silence without deviation. Connection 2 does the same and talks business
on; it is still open at 2.6 s: "talked on", "never". Since the plain one was closed in time,
business restarts the clock: S-ONLY-PINGS fails, and S-TIMEOUT-LATEST does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from conformance.evidence.interval import is_early, is_late, or_read_late
from conformance.evidence.server.blame.stall import late_answer
from conformance.evidence.server.departure import Cause, Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.trace.event import GRAIN, Event

Manner: TypeAlias = Literal["plain", "never pinged", "pinged again", "talked on", "jumped"]
"""How a connection lived until it fell silent. A plain one pinged once, when it was opened.

A pong counts as a ping where it is the sign of life. One "talked on" that sent what is none, or
what only `inbound_liveness` makes one. One "jumped" whose server's wall clock did.
"""

Beside: TypeAlias = Literal["a dead peer", "resets"]
"""What was on other connections before this one was closed, or had to be."""

Deviation: TypeAlias = Literal["early", "late", "never", "perhaps early", "perhaps late"]

BROKEN_OFF: tuple[Cause, ...] = ("message", "shutdown", "full", "replaced", "stalled", "collapse")
"""Why connections end that show nothing of the heartbeat clock."""

SAME_MOMENT = 0.05
"""How far apart (seconds) two closes may be seen that a server made at the same time."""


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
    prolonged_by: Event | None = None
    """A ping on another connection that may explain why this one was not closed in time."""
    beside: Beside | None = None
    """What may explain it as well: then it is for S-NO-QUEUE or S-SURVIVE (protocol.md, 2.4)."""

    @property
    def was_read_late(self) -> bool:
        """Whether what restarted the clock last was answered so late that it may be read late."""
        return late_answer(self.connection, self.since) is not None

    @property
    def too_early(self) -> bool:
        return self.deviation == "early"

    @property
    def was_in_time(self) -> bool:
        """Whether the server closed it, and when it had to."""
        return self.departure is not None and self.deviation is None

    @property
    def is_hampered(self) -> bool:
        """Whether it was not certainly closed in time, and others may be why."""
        return self.beside is not None and self.deviation in ("late", "never", "perhaps late")

    @property
    def was_followed(self) -> bool:
        """Whether the other was opened only afterwards: one that is closed late shows as much."""
        other = self.prolonged_by
        return other is not None and any(
            connection.opened is not None and connection.opened.earliest > self.since.latest
            for connection in self.connection.evidence.connections
            if other in connection.signs_of_life
        )

    @property
    def too_late(self) -> bool:
        return self.outlasted and self.prolonged_by is None and not self.is_hampered

    @property
    def outlasted(self) -> bool:
        """Whether it was not closed in time, for whatever reason: a comparison shows nothing."""
        return self.deviation in ("late", "never")

    @property
    def unsure(self) -> bool:
        return self.deviation in ("perhaps early", "perhaps late")


@lru_cache(maxsize=1)
def silences_of(evidence: Evidence) -> tuple[Silence, ...]:
    """The silences of a trace, for all the rules; none where a dialect ends none."""
    if not evidence.trace.dialect.has_timeout:
        return ()
    found = [_silence(connection, evidence) for connection in evidence.connections]
    silences = [
        replace(silence, beside=_beside(silence, evidence))
        for silence in found
        if silence is not None
    ]
    if not any(silence.outlasted for silence in silences) or _share_no_clock(silences, evidence):
        return tuple(silences)
    explained = [_explained(silence, silences, evidence) for silence in silences]
    explained = [_or_with_another(silence, explained, evidence) for silence in explained]
    # A server that is late where no other connection explains it, may be so where one would.
    if any(silence.too_late and silence.deviation == "late" for silence in explained):
        return tuple(
            replace(silence, prolonged_by=None) if silence.deviation == "late" else silence
            for silence in explained
        )
    return tuple(explained)


def _beside(silence: Silence, evidence: Evidence) -> Beside | None:
    """What was on other connections before it ended; one dropped before a reset is no dead peer."""
    by = silence.end.latest
    cuts = [each.was_cut for each in evidence.connections if each.was_cut is not None]
    # Saved times are rounded: of what happened at the same moment, the order is that of recording.
    first = min((cut.n for cut in cuts if cut.n < silence.end.n), default=None)
    for connection in evidence.connections:
        since = dead_since(connection)
        if since is None or connection is silence.connection or since > by:
            continue
        if first is None or all(e.kind != "ended" or e.n > first for e in connection.events):
            return "a dead peer"
    return None if first is None else "resets"


def dead_since(connection: Connection) -> float | None:
    """From when (seconds) a dead peer may keep a server from others: when it is to be closed."""
    died = connection.died
    if died is None or died.opcode == "close":
        return None if died is None else died.latest
    restart = connection.last_restart_before(died)
    return None if restart is None else restart.earliest + connection.timing.heartbeat_timeout


def _explained(silence: Silence, others: Sequence[Silence], evidence: Evidence) -> Silence:
    """A late silence with the neighbour's ping that explains it, if one does (S-INDEPENDENT).

    Two connections with one clock are closed at the same time, though one pinged more than a check
    later. One that was not closed at all may share the clock of any that pinged so lately that its
    own time was not over. What a connection did itself is the nearer explanation. Where a ping
    restarted the clock of its own connection alone, none explains another's.
    """
    if silence.deviation not in ("late", "never") or silence.manner not in (
        "plain",
        "pinged again",
    ):
        return silence
    if silence.beside is not None:
        return silence
    for connection in evidence.connections:
        if connection is silence.connection or not connection.signs_of_life:
            continue
        ping = connection.signs_of_life[-1]
        if ping.latest <= silence.since.latest + SAME_MOMENT:
            continue
        if silence.deviation == "never":
            its_time = evidence.timing.latest_close + SAME_MOMENT
            explains = silence.end.earliest - ping.latest < its_time
        else:
            apart = ping.earliest - silence.since.latest
            explains = apart > evidence.timing.check_interval and any(
                other.connection is connection
                and other.deviation is None
                and other.departure is not None
                and abs(other.end.latest - silence.end.latest) <= SAME_MOMENT
                for other in others
            )
        if explains:
            return replace(silence, prolonged_by=ping)
    return silence


def _or_with_another(silence: Silence, explained: Sequence[Silence], evidence: Evidence) -> Silence:
    """A late silence that ended with one whose neighbour's ping explains it, and so explains this.

    The other came so late that even a server that looks half as often would have closed it.
    """
    if not silence.too_late or silence.deviation != "late":
        return silence
    timing = evidence.timing
    longest = timing.latest_close + timing.check_interval + timing.tolerance
    for other in explained:
        ping = other.prolonged_by
        if (
            ping is not None
            and silence.since.latest < ping.earliest
            and abs(other.end.latest - silence.end.latest) <= SAME_MOMENT
            and other.end.earliest - other.since.latest > longest
        ):
            return replace(silence, prolonged_by=ping)
    return silence


def _share_no_clock(silences: Sequence[Silence], evidence: Evidence) -> bool:
    """Whether one was closed so soon after a ping on another connection that its clock went on.

    One whose server's wall clock was set shows nothing of the kind.
    """
    last_pings = [(each, each.signs_of_life[-1]) for each in evidence.connections
                  if each.signs_of_life]  # fmt: skip
    return any(
        silence.since.latest < ping.earliest
        and ping.latest < silence.end.earliest
        and silence.end.latest - ping.earliest < evidence.timing.heartbeat_timeout
        for silence in silences
        if silence.departure is not None and silence.manner != "jumped"
        for connection, ping in last_pings
        if connection is not silence.connection
    )


def _silence(connection: Connection, evidence: Evidence) -> Silence | None:
    """The last silence of a connection, if it says anything about the heartbeat clock."""
    timing = evidence.timing
    departure = connection.departure
    if departure is not None and departure.cause in BROKEN_OFF:
        return None
    if departure is None or departure.cause == "harness":
        end = next((event for event in connection.events if event.kind == "silent"), None)
        departure = None
    else:
        end = departure.event
    if end is not None and end.kind == "broken":
        return None
    since = connection.last_restart_before(end) if end is not None else None
    if end is None or since is None or not connection.was_read(since.earliest, end.latest):
        return None
    manner = _manner(connection, since)
    restart = _last_restart(connection, since)
    if restart.kind == "sent":
        answer = late_answer(connection, restart)
        if answer is not None:
            restart = replace(restart, latest=answer.latest)
        restart = or_read_late(restart, connection.matching.answer_to(restart), evidence.trace)
    late = is_late(timing.latest_close, restart, end, evidence.trace)
    deviation: Deviation | None
    if departure is None:
        if late is False:
            return None
        deviation = "never" if late else "perhaps late"
    elif late is not False:
        deviation = "late" if late else "perhaps late"
    else:
        since = connection.last_restart_known_before(end) or since
        early = is_early(timing.heartbeat_timeout - GRAIN, since, end)
        deviation = {True: "early", False: None, None: "perhaps early"}[early]
    return Silence(connection, since, end, departure, manner, deviation)


def _manner(connection: Connection, since: Event) -> Manner:
    if connection.jumps:
        return "jumped"
    signs = connection.signs_of_life
    if connection.talk_after(since):
        return "talked on" if signs else "never pinged"
    if not signs:
        return "never pinged"
    if len(connection.heartbeats) < len(signs):
        return "talked on"
    return "pinged again" if connection.was_restarted else "plain"


def _last_restart(connection: Connection, since: Event) -> Event:
    """What may have restarted the clock last: with `inbound_liveness`, any frame may."""
    if not connection.trace.capabilities.inbound_liveness:
        return since
    other = (*connection.idle_talk, *connection.control_answers)
    return max((since, *other), key=lambda event: event.n)
