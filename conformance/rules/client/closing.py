"""Rules on a client's own close (protocol.md: closing)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.departure import gives_up_so
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, not_sure, strain
from conformance.evidence.client.told import noted
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.quoting import quoted
from conformance.rules.rule import client_rule
from conformance.trace.event import RESOLUTION, Ended, Event
from conformance.trace.note import ANSWERED_LATE, KEPT_WAITING, LAUNCHED


@client_rule("C-CLOSE-FINAL")
def nothing_follows_the_own_close(evidence: ClientEvidence) -> Iterator[Observation]:
    """After the client was asked to end, no attempt begins and, but for `tolerance`, no ping comes.

    An attempt that begins within `tolerance`, and that the client abandons or closes within it, may
    have begun before the client heard that it is to end. One that had begun before, and was
    accepted after that, is to be closed: `heartbeat_interval` and `tolerance` are given for it.
    Kept when its process ended, or when nothing came for as long as a heartbeat or a reconnect
    would have taken: one that stays connected has done nothing that it could keep to. Of two
    connections at a time (C-RECONNECT-SINGLE) it closes the one that it knows of; what becomes of
    the other belongs there, too.
    """
    asked, timing = evidence.asked, evidence.timing
    if asked is None:
        return
    kept = True
    for attempt in evidence.attempts:
        is_another = attempt.began.earliest > asked.latest
        forgotten = is_another or _was_forgotten(attempt, asked, evidence)
        ping = None if forgotten else _pinged_on(attempt, asked, evidence)
        if ping is not None:
            kept = False
            yield violated(
                f"A client went on pinging after its own close{_unheard(asked, evidence)}.",
                asked,
                ping,
                expected="no ping",
                actual=f"a ping after {seconds(elapsed(asked, ping)[0])}",
                provisional=elapsed(asked, ping)[0] <= 2 * timing.tolerance,
            )
        until = None if forgotten or ping is not None else _kept_open(attempt, asked, evidence)
        if until is not None:
            assert attempt.opened is not None
            kept = False
            yield violated(
                "A client that was asked to end while it connected kept the connection"
                f"{_unheard(asked, evidence)}.",
                asked,
                attempt.opened,
                until,
                expected="a Close, or the end of the attempt",
                actual=f"still open {seconds(elapsed(attempt.opened, until)[0])} after it opened",
                provisional=True,
            )
        if is_another:
            own = _own_close_before(attempt, asked, evidence)
            if not own and _was_on_its_way(attempt, asked, evidence):
                continue
            kept = False
            fetched = _fetched_for(attempt, asked, evidence)
            again = "" if attempt is evidence.attempts[0] else " again"
            yield violated(
                "A client that was asked to end while it fetched something by HTTP connected all "
                "the same."
                if fetched
                else f"A client connected{again} after its own close{_unheard(asked, evidence)}.",
                *_lost_before(asked, attempt, evidence),
                *fetched,
                asked,
                *own,
                attempt.began,
                expected="no further attempt",
                actual=f"an attempt after {seconds(elapsed(asked, attempt.began)[0])}",
                provisional=not own
                and _pinged_on(attempt, asked, evidence) is None
                and elapsed(asked, attempt.began)[0] <= _hearing(asked, evidence),
            )
    until = _until(evidence, asked)
    if kept and until is not None and _has_ended(evidence, until):
        yield satisfied(asked, until)


PERHAPS_BEFORE = "The connection may have ended before the client was asked to end."


@client_rule("C-CLOSE-ON-EXIT")
def a_client_that_ends_sends_a_close(evidence: ClientEvidence) -> Iterator[Observation]:
    """A client with an open connection that is asked to end closes it with a Close frame.

    Asked is a process by SIGTERM or SIGINT, and a page by being closed. Any code that may be sent
    will do, and none too. An end without any that may have come before that tells nothing. One
    that pings on belongs to C-CLOSE-FINAL; any other that has neither closed nor ended after
    `heartbeat_interval` and `tolerance` has not done it. One that said nothing since it was sent
    what it cannot use may hang: that is for C-TOLERATE.
    """
    asked, timing = evidence.asked, evidence.timing
    if asked is None:
        return
    for connection in evidence.connections:
        assert connection.opened is not None
        over = connection.over
        if connection in evidence.strays or _was_forgotten(connection, asked, evidence):
            continue  # C-RECONNECT-SINGLE
        if connection.opened.latest >= asked.earliest or (over and over.n < asked.n):
            continue
        departure = connection.departure
        if departure is not None and departure.cause == "own":
            end = departure.event
            if departure.close is not None:
                yield satisfied(asked, end)
            elif end.earliest < asked.earliest - RESOLUTION:
                yield undecidable(PERHAPS_BEFORE, end, asked)
            else:
                yield _not_closed(connection, asked, departure.event, str(departure), evidence)
            continue
        if _pinged_on(connection, asked, evidence) is not None or _may_hang(connection, asked):
            continue
        until = over or connection.first("silent") or evidence.nobody_until
        late = until and is_late(timing.heartbeat_interval, asked, until, evidence.trace)
        if until is not None and late is None:
            yield undecidable(not_sure(evidence.trace, asked, until), asked, until)
        elif until is not None and late:
            kept = f"still open after {seconds(elapsed(asked, until)[0])}"
            yield _not_closed(connection, asked, until, kept, evidence)


def _may_hang(connection: Attempt, asked: Event) -> bool:
    """Whether a client said nothing since it was sent what it cannot use.

    An echo of what it said itself is none of that: it asked for it.
    """
    said = [event for event, told in connection.burdens if told != "echo" and event.n < asked.n]
    return bool(said) and not any(said[-1].n < heard.n < asked.n for heard in connection.heard)


TAKEN_BACK = (
    ", or none that could be read: a reset takes back what was sent before it, so wait for the "
    "answer before you abort"
)
"""What is said of a client whose connection was reset: its Close may have been on its way."""


def _is_reset(end: Event) -> bool:
    return isinstance(end.content, Ended) and end.content.how == "reset"


def _not_closed(
    connection: Attempt, asked: Event, end: Event, actual: str, evidence: ClientEvidence
) -> Observation:
    assert connection.opened is not None
    shown = [asked, end]
    if evidence.exited is not None and evidence.exited.n > asked.n:
        shown.append(evidence.exited)
        actual += f"; the process ended: {evidence.exited.content!s}"
    return violated(
        f"A client that was asked to end ({asked.content!s}) sent no Close"
        f"{TAKEN_BACK if _is_reset(end) else ''}{_unheard(asked, evidence)}.",
        *shown,
        expected="a Close frame",
        actual=actual,
        provisional=elapsed(connection.opened, asked)[0] <= evidence.timing.tolerance,
    )


def _unheard(asked: Event, evidence: ClientEvidence) -> str:
    """What is said where the process that was asked had started another, which may be the client.

    Where the one ended and the other lived on, it is. A shell ends so, and `go run`.
    """
    launched = noted(evidence.trace.events, LAUNCHED)
    if launched is None:
        return ""
    name = quoted(str(launched.content).removeprefix(LAUNCHED))
    return (
        f", or did not hear of it: {asked.content!s} is sent to the process that wsbeat started, "
        f"and that had started another ({name}). Name the client itself, or put `exec` before it"
    )


def _pinged_on(attempt: Attempt, asked: Event, evidence: ClientEvidence) -> Event | None:
    """The first ping that came later than the client may have needed to stop its timer."""
    for beat in attempt.beats:
        if beat.event.earliest - asked.latest > _hearing(asked, evidence):
            return beat.event
    return None


def _kept_open(attempt: Attempt, asked: Event, evidence: ClientEvidence) -> Event | None:
    """Up to when a connection was kept that came of an attempt made before, if for too long."""
    opened = attempt.opened
    if opened is None or attempt in evidence.strays or opened.earliest <= asked.latest:
        return None
    until = attempt.over or attempt.first("silent")
    allowed = evidence.timing.heartbeat_interval + _hearing(opened, evidence)
    return until if until is not None and elapsed(opened, until)[0] > allowed else None


def _was_forgotten(attempt: Attempt, asked: Event, evidence: ClientEvidence) -> bool:
    """Whether the client had another connection beside it, and closed that one."""
    departures = [each.departure for each in evidence.connections if each is not attempt]
    closed = any(each is not None and each.cause == "own" for each in departures)
    return closed and evidence.is_shared(attempt, asked.earliest)


def _lost_before(asked: Event, again: Attempt, evidence: ClientEvidence) -> tuple[Event, ...]:
    """What the client had lost before it was asked to end: it may have been waiting since.

    It may have waited until somebody listened, too.
    """
    lost = [a for a in evidence.attempts if a.over is not None and a.over.n < asked.n][-1:]
    doors = [door for a in lost for door in evidence.doors_between(a.began, again.began)]
    return (*[a.over for a in lost if a.over is not None], *doors)


def _fetched_for(attempt: Attempt, asked: Event, evidence: ClientEvidence) -> tuple[Event, ...]:
    """What the client waited for when it was asked to end, and what became of that, if it did."""
    for fetch in evidence.asked_plainly:
        came, kept = fetch.plain_request, noted(fetch.events, KEPT_WAITING)
        over = noted(fetch.events, ANSWERED_LATE) or fetch.ended
        if came is None or kept is None or kept.n > asked.n:
            continue
        if over is None or over.n > attempt.began.n:
            return (came,)
        if over.n > asked.n:
            return came, over
    return ()


def _own_close_before(
    attempt: Attempt, asked: Event, evidence: ClientEvidence
) -> tuple[Event, ...]:
    """The Close by which it is known that the client had heard before it made an attempt.

    One that may have been sent before, or for want of a pong at that time, tells nothing; nor does
    an end without any, where somebody waited for a processor.
    """
    for connection in evidence.connections:
        departure = connection.departure
        if departure is None or departure.cause != "own":
            continue
        end, close = departure.event, departure.close
        busy = strain(evidence.trace, asked.earliest, end.latest) > 0
        tells = not busy if close is None else not gives_up_so(close, connection.dialect)
        if tells and end.earliest >= asked.latest and end.n < attempt.began.n:
            return (departure.event,)
    return ()


def _was_on_its_way(attempt: Attempt, asked: Event, evidence: ClientEvidence) -> bool:
    """Whether the client gave an attempt up as soon as it can have heard that it is to end."""
    departure = attempt.departure
    if departure is not None:
        over = departure.event if departure.cause == "own" else None
    else:
        over = attempt.ended
    if over is None or (isinstance(over.content, Ended) and over.content.how == "local"):
        return False
    return elapsed(asked, over)[0] <= _hearing(asked, evidence)


def _hearing(asked: Event, evidence: ClientEvidence) -> float:
    """How long (seconds) it may take, on a busy machine, until a client has heard and done it."""
    late = evidence.trace.late_since(asked.earliest)
    waited = evidence.trace.starved_between(
        asked.earliest, asked.latest + evidence.timing.tolerance + late
    )
    return evidence.timing.tolerance + late + waited


def _has_ended(evidence: ClientEvidence, until: Event) -> bool:
    """Whether the client's process, or every connection of it, was over."""
    return until is evidence.exited or all(each.over for each in evidence.connections)


def _until(evidence: ClientEvidence, asked: Event) -> Event | None:
    """When it was certain that nothing more would come of a client that was asked to end."""
    timing = evidence.timing
    if evidence.exited is not None and evidence.exited.n > asked.n:
        return evidence.exited
    nobody = evidence.nobody_until
    long_enough = timing.heartbeat_interval + timing.reconnect_delay + timing.reconnect_jitter
    if nobody is not None and elapsed(asked, nobody)[0] > long_enough:
        return nobody
    return None
