"""The recorder: turns what the wire sees into the events of a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import spec
from conformance.targets.client import ClientTarget
from conformance.targets.secrets import MASK, redacted, said_secrets
from conformance.targets.server import Target
from conformance.trace.event import (
    OVERLOADED,
    WHOLE_TRACE,
    Close,
    Content,
    Ended,
    Event,
    Kind,
    Opcode,
    Refusal,
)
from conformance.trace.note import (
    ALL_ENDED,
    CEASED,
    CLIENT_STARVED,
    ENDED_BESIDE,
    FULL_BESIDE,
    PART_ENDED,
    STARVED,
    UNASKED,
)
from conformance.trace.trace import Capabilities, End, Role, Trace
from conformance.wire.company import TOGETHER, Company, Parting
from conformance.wire.overheard import Overheard
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol


@dataclass(frozen=True, slots=True)
class Heading:
    """What a trace says of itself before its events."""

    scenario: str
    role: Role
    target: str
    timing: spec.Timing
    capabilities: Capabilities
    attempt: int = 1
    seed: int = 0
    max_message: int | None = None
    dialect: Dialect = field(default_factory=protocol)

    @classmethod
    def of(
        cls, target: Target | ClientTarget, scenario: str, attempt: int = 1, seed: int = 0
    ) -> Heading:
        """The heading of a trace of a target, in a scenario."""
        return cls(
            scenario,
            target.role,
            target.shown,
            target.timing,
            target.capabilities,
            attempt,
            seed,
            target.max_message if isinstance(target, Target) else None,
            target.dialect,
        )


@dataclass(slots=True)
class Recorder:
    """Collects the events of one trace; `origin` is the clock's time at which the trace starts."""

    heading: Heading
    origin: float
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    events: list[Event] = field(default_factory=list)
    connections: int = 0
    secrets: tuple[str, ...] = ()
    """What a server may send back and no trace may hold; our Close and Pong may repeat it."""
    company: Company | None = None
    """What else there is beside the connections of this trace."""
    overheard: Overheard | None = None
    """What came unasked there, or here."""

    manners: dict[int, str] = field(default_factory=dict)
    """In which manner each connection is asked for, or accepted, if in any of its own."""

    is_full: bool = False
    """Whether the server refused a connection because it is full."""

    def new_connection(self) -> int:
        """The number for the next connection, from 1."""
        self.connections += 1
        return self.connections

    def record(
        self,
        connection: int,
        earliest: float,
        latest: float,
        kind: Kind,
        opcode: Opcode | None = None,
        content: Content = None,
        frames: tuple[int, ...] = (),
    ) -> Event:
        """Add an event that happened between two times of the clock, and not before the origin."""
        if self.company is not None:
            self.company.hear((id(self), connection), (earliest, latest), kind, opcode, content)
        if self.overheard is not None:
            timing = self.heading.timing
            self.overheard.hear(
                (id(self), connection),
                (earliest, latest),
                (kind, opcode, content),
                self.heading,
                timing.reply_deadline + timing.tolerance,
            )
        origin = self.origin
        if kind == "sent" and (hidden := said_secrets(self.heading.dialect)):
            content, frames = _hidden(content, opcode, hidden), ()
        if self.secrets and (kind != "sent" or opcode in ("close", "pong")):
            content = self._redacted(content, opcode)
        event = Event(
            len(self.events),
            connection,
            max(0.0, earliest - origin),
            latest - origin,
            kind,
            opcode,
            content,
            frames,
        )
        told = "opening" if self.heading.role == "server" else "opened"
        if kind == told and (manner := self.manners.get(connection)):
            event = replace(event, manner=manner)
        self.events.append(event)
        if isinstance(event.content, Refusal) and event.content.status in OVERLOADED:
            self._note_full(event)
        return event

    def _note_full(self, refused: Event) -> None:
        """Note beside how many connections a server first said that it is full."""
        if self.company is None or self.is_full:
            return
        self.is_full = True
        at = refused.latest + self.origin
        assert isinstance(refused.content, Refusal)
        told = f"{FULL_BESIDE}{self.company.open}: {refused.content.detail}"
        self.record(WHOLE_TRACE, at, at, "note", content=told)

    def _redacted(self, content: Content, opcode: Opcode | None) -> Content:
        """The content without secrets; a message is left alone where it has them from us."""
        match content:
            case str() if opcode == "text":
                known = tuple(each for each in self.secrets if each in content)
                return redacted(content, self._unsaid(known)) if known else content
            case str():
                return redacted(content, self.secrets)
            case bytes():
                known = tuple(each for each in self.secrets if each.encode() in content)
                for secret in self._unsaid(known):
                    content = content.replace(secret.encode(), MASK.encode())
                return content
            case Close(code, reason):
                return Close(code, redacted(reason, self.secrets))
            case Refusal(status, detail):
                return Refusal(status, redacted(detail, self.secrets))
            case Ended(how, detail):
                return Ended(how, redacted(detail, self.secrets))
        return content

    def _unsaid(self, secrets: tuple[str, ...]) -> tuple[str, ...]:
        """Those that were in nothing that was sent: the others stand there by chance."""
        said = [event.content for event in self.events if event.kind == "sent"]
        return tuple(
            each
            for each in secrets
            if not any(
                each.encode() in content if isinstance(content, bytes) else each in str(content)
                for content in said
            )
        )

    def amend(self, event: Event, latest: float, cuts: tuple[int, ...] = ()) -> None:
        """Say that an event was over only at a later time of the clock, and how it was cut."""
        self.events[event.n] = replace(event, latest=latest - self.origin, cuts=cuts)

    def harness_was_late(self, due: float, now: float) -> None:
        """Note that the harness itself did between two times of the clock not get to run."""
        self.record(WHOLE_TRACE, due, now, "late", content=now - due)

    def server_was_starved(self, since: float, until: float, waited: float) -> None:
        """Note for how long the server waited for a processor between two times of the clock."""
        text = f"{STARVED}{waited:.3f}"
        self.record(WHOLE_TRACE, since, until, "note", content=text)

    def client_was_starved(self, since: float, until: float, waited: float) -> None:
        """Note for how long the client waited for a processor between two times of the clock."""
        self.record(WHOLE_TRACE, since, until, "note", content=f"{CLIENT_STARVED}{waited:.3f}")

    def ended_together(self, parting: Parting) -> None:
        """Note how many of all connections ended together, whatever traces they are of."""
        count, most = parting.count, parting.most
        told = f"{ALL_ENDED}{count}" if count == most else f"{PART_ENDED}{count} of {most}"
        self.record(WHOLE_TRACE, parting.first, parting.last, "note", content=told)

    def slack_since(self, moment: float) -> float:
        """By how much (seconds) wsbeat was late at the worst, and a server since a time waited."""
        lateness = [each.content for each in self.events if each.kind == "late"]
        waits = (
            float(str(each.content).removeprefix(STARVED))
            for each in self.events
            if str(each.content).startswith(STARVED) and each.latest + self.origin >= moment
        )
        return max((late for late in lateness if isinstance(late, float)), default=0.0) + sum(waits)

    async def settled(self, now: Callable[[], float]) -> None:
        """Wait until it is known whether an end was one of many."""
        if self.company is not None and self.company.is_moving(now()):
            await asyncio.sleep(TOGETHER)

    def trace(self, end: End = "finished") -> Trace:
        """The trace so far."""
        heading = self.heading
        for all_there_were in self.company.collapses(id(self)) if self.company else ():
            self.ended_together(all_there_were)
        for part in self.company.partings(heading.timing, id(self)) if self.company else ():
            if not any(event.content == f"{ALL_ENDED}{part.count}" for event in self.events):
                self.ended_together(part)
        for each in self.company.torn_along(id(self)) if self.company else ():
            text = f"{ENDED_BESIDE}{each.count}"
            self.record(WHOLE_TRACE, each.first, each.last, "note", content=text)
        if self.company and self.company.ceased_by_itself(id(self), heading.timing):
            at = self.events[-1].latest + self.origin
            self.record(WHOLE_TRACE, at, at, "note", content=CEASED)
        if self.overheard is not None and self.overheard.texts:
            at = self.events[-1].latest + self.origin if self.events else self.origin
            for text in self.overheard.among(self.events):
                self.record(WHOLE_TRACE, at, at, "note", content=f"{UNASKED}{text}")
        return Trace(
            scenario=heading.scenario,
            role=heading.role,
            target=heading.target,
            timing=heading.timing,
            capabilities=heading.capabilities,
            started=self.started,
            events=tuple(self.events),
            end=end,
            attempt=heading.attempt,
            seed=heading.seed,
            max_message=heading.max_message,
            dialect=heading.dialect,
        )


def _hidden(content: Content, opcode: Opcode | None, hidden: tuple[str, ...]) -> Content:
    """What wsbeat said without the secrets that are said in a dialect; of a part, nothing."""
    if opcode == "fragment":
        return MASK.encode()
    if isinstance(content, bytes):
        return MASK.encode() if any(each.encode() in content for each in hidden) else content
    return redacted(content, hidden) if isinstance(content, str) else content
