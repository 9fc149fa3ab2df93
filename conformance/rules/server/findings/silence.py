"""How a silence is told: what led to it, when it had to end, and when it did."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.evidence.interval import elapsed, seconds, why_undecided
from conformance.evidence.server.blame.stall import stalls
from conformance.evidence.server.blame.suspicion import left_unanswered
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.kept import answers_after
from conformance.evidence.server.silence import Silence, silences_of
from conformance.messages.from_client import Business, message
from conformance.rules.ends import (
    TAKES_OTHERS_ALONG,
    charged_with,
    or_for_what_was_said,
    or_given_up,
)
from conformance.rules.observation import Observation, Window, undecidable, violated
from conformance.trace.event import Event
from spec.dialect.dialect import Dialect

EARLY_ANYHOW = frozenset({"S-TIMEOUT-EARLIEST"})
"""What explains an early close as well as what a connection did, where it is seen without that."""


LATE_ANYHOW = frozenset({"S-TIMEOUT-LATEST", "B-TIMEOUT"})
"""What explains a late close as well as what was beside it, where it is seen without that, too."""


BETWEEN_CONNECTIONS = frozenset({"S-INDEPENDENT", "S-SURVIVE"})
"""What is broken where the end of one connection takes others along."""


READ_LATE = frozenset({"S-REPLY-SOON"})
"""What explains that a clock seems to run for too long: it is read too late, or its restart was."""


TOLD = 100
"""How much of what a special connection did is kept with its fault at the most."""


def named_traffic(said: Event, dialect: Dialect) -> str:
    """What was said, as a kind of traffic."""
    if said.opcode == "ping":
        return "control Pings"
    if said.opcode == "pong":
        return "control Pongs"
    if said.opcode == "fragment":
        return "fragments of a message that does not end"
    if said.opcode == "binary":
        return "binary messages"
    if isinstance(message(said.said, dialect), Business):
        return "business messages"
    return f"texts such as {said.content!s:.60}" if said.content else "empty texts"


def _story(silence: Silence) -> list[Event]:
    """What led to the end of a connection: all that a special one did, if that is not too much."""
    connection = silence.connection
    did = {event.n: event for event in (*connection.sent, *connection.idle_talk)}
    did = {n: event for n, event in did.items() if n < silence.end.n}
    if silence.manner == "plain" or len(did) > TOLD:
        return [silence.since]
    return [event for _, event in sorted({silence.since.n: silence.since, **did}.items())]


def _control_pings(silence: Silence) -> list[Event]:
    """The first and the last control Ping of the server in a silence, each with wsbeat's answer.

    Whoever moves the deadline in its handler of control Pongs has to see them to find it.
    """
    every = answers_after(silence)
    answers = [*every[:1], *every[1:][-1:]]
    before = {answer.n - 1 for answer in answers}
    asked = [event for event in silence.connection.events if event.n in before]
    return [*asked, *answers]


def _since(silence: Silence) -> str:
    if silence.since.kind == "opened":
        return "the handshake"
    declared, dialect = silence.connection.trace.capabilities, silence.connection.trace.dialect
    if declared.inbound_liveness:
        return "the last message"
    if declared.server_ping and not dialect.is_protocol and dialect.server_next == "ping":
        return "the last pong, or the ping that it answered"
    return "the last pong" if declared.server_ping else "the last ping"


def _window(silence: Silence, evidence: Evidence) -> Window:
    timing = evidence.timing
    return Window(
        _since(silence),
        timing.heartbeat_timeout,
        timing.latest_close + timing.tolerance,
        elapsed(silence.since, silence.end),
    )


def closed_early(silence: Silence, evidence: Evidence, message: str, *shown: Event) -> Observation:
    limit = evidence.timing.heartbeat_timeout
    most = seconds(elapsed(silence.since, silence.end)[1])
    return violated(
        message,
        *_story(silence),
        *shown,
        silence.end,
        expected=f"no close before {seconds(limit)} after {_since(silence)}",
        actual=f"{silence.departure} after at most {most}",
        window=_window(silence, evidence),
        among=_or_for_what_was_said(silence) | or_torn_away(silence.departure, evidence),
    )


def or_torn_away(
    departure: Departure | None, evidence: Evidence, *, anyhow: bool = False
) -> frozenset[str]:
    """What explains an end without a Close as well: it came with that of another connection.

    A process that dies, one of several, takes its connections along, however few of them a trace
    has. That another was silent for longer by a whole look, and was closed as it had to be, shows
    that no limit is why. That is asked for unless a message may be why `anyhow`: what is too early
    on all connections seems to come of the end of another as well.
    """
    if departure is None or departure.close is not None or departure.event.kind != "ended":
        return frozenset()
    look = evidence.timing.check_interval
    restart = _restart_before(departure, evidence)
    most = elapsed(restart, departure.event)[1] if restart is not None else 0.0
    is_contradicted = any(
        each.was_in_time
        and each.departure is not None
        and each.departure.close is not None
        and elapsed(each.since, each.end)[0] > min(most + look, evidence.timing.heartbeat_timeout)
        for each in silences_of(evidence)
    )
    if is_contradicted:
        return TAKES_OTHERS_ALONG
    return TAKES_OTHERS_ALONG - BETWEEN_CONNECTIONS if anyhow else frozenset()


def _restart_before(departure: Departure, evidence: Evidence) -> Event | None:
    """What had restarted the clock of a connection when it ended."""
    ended = departure.event
    own = (each for each in evidence.connections if each.number == ended.connection)
    return next((each.last_restart_before(ended) for each in own), None)


def _or_for_what_was_said(silence: Silence) -> frozenset[str]:
    departure = silence.departure
    if departure is None:
        return frozenset()
    connection = silence.connection
    unanswered = left_unanswered(connection, departure.event)
    too_large = frozenset({"S-SIZE"} if any(each.strain == "size" for each in unanswered) else ())
    others = or_for_what_was_said(connection, departure) | or_given_up(connection, departure)
    # Pings that came behind what a connection fell deaf over restart nothing.
    return others | too_large | charged_with(connection.perhaps_deafened_by)


def closed_late(
    silence: Silence,
    evidence: Evidence,
    message: str,
    *shown: Event,
    among: frozenset[str] = frozenset(),
) -> Observation:
    timing = evidence.timing
    least = seconds(elapsed(silence.since, silence.end)[0])
    told = {each.n: each for each in (*_story(silence), *_control_pings(silence), *shown)}
    return violated(
        message,
        *(told[n] for n in sorted(told)),
        silence.end,
        expected=f"{evidence.trace.dialect.silent_end} within "
        f"{seconds(timing.latest_close)} after {_since(silence)} "
        f"(and {seconds(timing.tolerance)} of tolerance)",
        actual=f"still open after {least}"
        if silence.departure is None
        else f"{silence.departure} after {least}",
        window=_window(silence, evidence),
        provisional=True,
        among=among | or_stalled(silence, evidence),
    )


def or_stalled(silence: Silence, evidence: Evidence) -> frozenset[str]:
    """What explains a late close as well: nobody was answered when it was due (S-REPLY-SOON)."""
    since, timing = silence.since, evidence.timing
    begin, end = since.earliest + timing.heartbeat_timeout, since.latest + timing.latest_close
    stalled = any(start <= end and begin <= until for start, until in stalls(evidence.connections))
    return READ_LATE if stalled else frozenset()


def not_sure(silence: Silence, evidence: Evidence) -> Observation:
    return undecidable(
        why_undecided(evidence.trace, silence.since, silence.end),
        silence.since,
        silence.end,
        window=_window(silence, evidence),
        among=READ_LATE if silence.was_read_late else frozenset(),
    )


def does_not_share_its_fault(plain: Sequence[Silence]) -> bool:
    """Whether plain connections show that the limit is not why a special one was closed early."""
    return any(each.was_in_time for each in plain) and not any(each.too_early for each in plain)


def may_share_its_fault(plain: Sequence[Silence]) -> bool:
    """Whether it cannot be told, because a plain connection was only perhaps closed in time."""
    return any(each.unsure for each in plain) and not any(each.too_early for each in plain)
