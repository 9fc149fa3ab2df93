"""Rules on a client whose server keeps the beat (protocol.md: Plan B)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, is_slight, not_sure
from conformance.evidence.interval import elapsed, seconds
from conformance.messages.from_client import is_pong
from conformance.messages.from_server import Echo, Foreign, Pong, answer, beat_holes, pong_holes
from conformance.rules.circumstances import NO_PONGS_OF_SERVERS
from conformance.rules.client.bounds import at_most
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.quoting import quoted
from conformance.rules.rule import client_rule
from conformance.trace.event import Event
from spec.dialect.dialect import Dialect
from spec.dialect.model import Holes

LONGEST_NEAR_PONG = 100


@dataclass(frozen=True, slots=True)
class Answered:
    """A heartbeat message of the harness, and the pongs of the client that are attributed to it."""

    stimulus: Event
    is_ping: bool
    pongs: tuple[Event, ...]


@client_rule("B-CLIENT-PONG")
def every_ping_of_the_server_gets_one_pong(evidence: ClientEvidence) -> Iterator[Observation]:
    """Each ping of the harness gets one pong, the plain object, within `reply_deadline`.

    Counted from the end of sending; `tolerance` is added. Pongs answer pings in their order; in a
    dialect with ids, those whose ids they carry. A surplus pong that follows a pong of the harness
    belongs to B-NO-LOOP.
    """
    habits = _habits(evidence)
    for connection, answers in _beaten(evidence):
        for answered in answers:
            if answered.is_ping:
                sure = habits == "doubles" or not answered.pongs
                if sure or len(answered.pongs) == 1 or not _pong_near(answered, answers, evidence):
                    yield from _judged(answered, connection, evidence, _crossed(answered, answers))


@client_rule("B-NO-LOOP", not_applicable_when=NO_PONGS_OF_SERVERS)
def a_client_answers_no_pong(evidence: ClientEvidence) -> Iterator[Observation]:
    """A pong of the harness is followed, for `reply_deadline` and `tolerance`, by no pong or echo.

    Pongs that answer a ping of the harness are not meant. A surplus one is attributed to a pong
    only if the trace has one that cannot be a second answer to a ping.
    """
    patience = evidence.timing.reply_deadline + evidence.timing.tolerance
    habits = _habits(evidence)
    for connection, answers in _beaten(evidence):
        echoes = [
            event for event in connection.heard if _is_echo_of_pong(event, connection.dialect)
        ]
        for answered in answers:
            if answered.is_ping:
                continue
            surplus = _just_after(answered.stimulus, echoes, patience)
            if habits == "loops":
                surplus = [*answered.pongs, *surplus]
            if surplus:
                yield violated(
                    "A client answered a pong.",
                    answered.stimulus,
                    surplus[0],
                    expected="no answer",
                    actual=quoted(surplus[0].content),
                )
            elif _watched(connection) - answered.stimulus.latest > patience:
                yield satisfied(answered.stimulus)


def _habits(evidence: ClientEvidence) -> Literal["doubles", "loops"] | None:
    """Whose the surplus pongs of a trace are, where some stand by themselves and tell.

    A client that answers a ping twice while no pong of the harness is near, doubles. One that
    answers a pong when all pings before that had been answered, loops.
    """
    loops = False
    for _, answers in _beaten(evidence):
        for one in answers:
            if one.is_ping and len(one.pongs) > 1 and not _pong_near(one, answers, evidence):
                return "doubles"
            settled = all(
                other.pongs and other.pongs[0].n < one.stimulus.n
                for other in answers
                if other.is_ping and other.stimulus.n < one.stimulus.n
            )
            loops |= not one.is_ping and bool(one.pongs) and settled
    return "loops" if loops else None


def _pong_near(one: Answered, answers: list[Answered], evidence: ClientEvidence) -> bool:
    """Whether a pong of the harness may be what the second answer to a ping was meant for."""
    patience = evidence.timing.reply_deadline + evidence.timing.tolerance
    return any(
        not other.is_ping
        and other.stimulus.n < one.pongs[-1].n
        and one.stimulus.earliest - other.stimulus.latest <= patience
        for other in answers
    )


def _crossed(one: Answered, answers: list[Answered]) -> list[Event]:
    """The pings before one that were answered only after it: those that came with it."""
    return [
        other.stimulus
        for other in answers
        if other.is_ping and other.pongs and other.stimulus.n < one.stimulus.n < other.pongs[0].n
    ]


def _judged(
    answered: Answered, connection: Attempt, evidence: ClientEvidence, crossed: Sequence[Event]
) -> Iterator[Observation]:
    deadline, trace = evidence.timing.reply_deadline, evidence.trace
    ping, pongs, dialect = answered.stimulus, answered.pongs, connection.dialect
    asked = beat_holes(ping.said, dialect) or {}
    if not pongs:
        end = connection.horizon
        late = is_late(deadline, ping, end, trace) if end is not None else False
        if end is not None and late:
            among = _or_deaf(ping, connection)
            yield violated(
                "A ping of the server had no pong.",
                *crossed,
                ping,
                end,
                expected=f"{dialect.say_pong(asked)} within {seconds(deadline)} "
                f"(and {seconds(evidence.timing.tolerance)} of tolerance)",
                actual=f"none for {seconds(elapsed(ping, end)[0])}",
                provisional=is_slight(deadline, ping, end, trace) or bool(among),
                among=among,
            )
        elif end is not None and late is None and elapsed(ping, end)[0] > deadline:
            yield undecidable(not_sure(trace, ping, end), ping, end)
        return
    if len(pongs) > 1:
        yield violated(
            "A ping of the server had more than one pong.",
            ping,
            *pongs,
            expected="one pong",
            actual=f"{len(pongs)} pongs",
        )
        return
    fault = _fault(pongs[0], dialect) or _fault_of_id(pongs[0], asked, dialect)
    if fault:
        yield violated(
            f"A pong does not have the form of one: {fault}.",
            ping,
            pongs[0],
            expected=f"the text message {dialect.say_pong(asked)}",
            actual=quoted(pongs[0].content),
        )
        return
    late_pong = "The pong to a ping of the server came too late."
    yield at_most(deadline, ping, pongs[0], trace=trace, since="the end of sending", late=late_pong)


def _or_deaf(ping: Event, connection: Attempt) -> frozenset[str]:
    """What was broken, rather, if a ping has no pong because the client hears nothing any more.

    That may be after what it cannot use, and it comes to light by itself (C-TOLERATE). Under Plan B
    of the protocol both are told.
    """
    burdened = any(event.n < ping.n for event, _ in connection.burdens)
    is_open = burdened and not connection.dialect.is_protocol
    return frozenset({"C-TOLERATE"} if is_open else ())


def _answers(connection: Attempt, evidence: ClientEvidence) -> list[Answered]:
    """Attribute pongs to pings in their order; what is left, to what the harness said last."""
    dialect = connection.dialect
    stimuli = [
        event
        for event in connection.events
        if event.kind == "sent" and event.opcode == "text" and _is_beat(event, dialect)
    ]
    pings = [event for event in stimuli if not is_pong(event.said, dialect)]
    found: dict[int, list[Event]] = {event.n: [] for event in stimuli}
    proper = any(not _fault(event, dialect) for event in connection.heard)
    for heard in connection.heard:
        if (
            _fault(heard, dialect)
            and (proper or not _is_near(heard))
            and not _is_wide(heard, dialect)
        ):
            continue
        waiting = [p for p in pings if p.n < heard.n and not found[p.n]]
        lately = [
            p for p in waiting if heard.earliest - p.latest < 2 * evidence.timing.heartbeat_interval
        ]
        before = [event for event in stimuli if event.n < heard.n]
        if len(before) > 1 and before[-1].earliest > heard.earliest:
            before = [event for event in before if event in pings]  # the pong may have crossed it
        if lately:
            found[_asked_by(heard, lately, dialect).n].append(heard)
        elif before and not _near_ping_before(heard, connection, evidence):
            found[before[-1].n].append(heard)
    return [Answered(event, event in pings, tuple(found[event.n])) for event in stimuli]


def _asked_by(heard: Event, pings: list[Event], dialect: Dialect) -> Event:
    """The first ping whose id a pong carries, or simply the first."""
    given = pong_holes(str(heard.said), dialect)
    asking = (
        ping
        for ping in pings
        if given is not None and dialect.is_answered_by(beat_holes(ping.said, dialect) or {}, given)
    )
    return next(asking, pings[0])


def _near_ping_before(heard: Event, connection: Attempt, evidence: ClientEvidence) -> bool:
    """Whether the harness had lately said what a lenient client may take for a ping."""
    lately = 2 * evidence.timing.heartbeat_interval
    return any(
        "ping" in str(event.said).casefold() and beat_holes(event.said, connection.dialect) is None
        for event, _ in connection.told
        if event.n < heard.n and heard.earliest - event.latest <= lately
    )


@lru_cache(maxsize=1)
def _beaten(evidence: ClientEvidence) -> tuple[tuple[Attempt, list[Answered]], ...]:
    """The connections on which the harness kept the beat, with what the client answered.

    In another dialect, not those that are too many (C-RECONNECT-SINGLE): a client may know nothing
    of them.
    """
    return tuple(
        (connection, _answers(connection, evidence))
        for connection in evidence.connections
        if evidence.trace.has_server_pings
        and not connection.was_paused
        and (connection.dialect.is_protocol or not evidence.is_crowded(connection))
    )


def _is_beat(event: Event, dialect: Dialect) -> bool:
    return is_pong(event.said, dialect) or beat_holes(event.said, dialect) is not None


def _fault(event: Event, dialect: Dialect) -> str:
    """What is wrong with a pong; "no pong" for what is none at all."""
    match answer(event.said, dialect):
        case Pong(fault):
            return fault
        case Foreign(why):
            return why
    return "it is no pong"


def _fault_of_id(event: Event, asked: Holes, dialect: Dialect) -> str:
    """What is wrong with what a pong copies from its ping."""
    given = pong_holes(str(event.said), dialect)
    if given is None or dialect.is_answered_by(asked, given):
        return ""
    return f"it does not carry what its ping has in {', '.join(dialect.copied)}"


def _is_wide(event: Event, dialect: Dialect) -> bool:
    return isinstance(answer(event.said, dialect), Pong)


def _is_near(event: Event) -> bool:
    text = event.said if isinstance(event.said, str) else event.said.decode(errors="replace")
    return "pong" in text.casefold() and len(text) < LONGEST_NEAR_PONG


def _is_echo_of_pong(event: Event, dialect: Dialect) -> bool:
    read = answer(event.said, dialect)
    pong = dialect.pong
    return isinstance(read, Echo) and pong is not None and pong.resembles("", read.data) is not None


def _just_after(stimulus: Event, events: list[Event], patience: float) -> list[Event]:
    return [
        event
        for event in events
        if event.n > stimulus.n and event.earliest - stimulus.latest <= patience
    ]


def _watched(connection: Attempt) -> float:
    return connection.horizon.earliest if connection.horizon else connection.events[-1].earliest
