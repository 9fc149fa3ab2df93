"""Traces in the making: events without numbers yet, and what can be asked and done about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from conformance.messages.from_client import Business, Ping
from conformance.messages.json_text import BeyondIJson, Deep
from conformance.trace.event import WHOLE_TRACE, Close, Content, Event, Kind, Opcode
from conformance.trace.trace import Capabilities, Trace
from tests.spoken import message
from tests.traces.notation import trace_with

PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'
HEARTBEAT = Close(1000, "heartbeat timeout")


@dataclass(slots=True, eq=False)
class Draft:
    """An event before it has its number; `stamp` is when it was recorded."""

    stamp: float
    connection: int
    earliest: float
    latest: float
    kind: Kind
    opcode: Opcode | None = None
    content: Content = None
    answers: Draft | None = None
    """What was said, where this is the reply to it."""

    @property
    def is_message(self) -> bool:
        return self.opcode in ("text", "binary")


@dataclass(slots=True)
class Story:
    """A trace as drafts, so that it can be altered before it is numbered."""

    drafts: list[Draft]
    capabilities: Capabilities
    manners: dict[int, str] = field(default_factory=dict)
    """How each connection behaves, by its number."""

    def trace(self) -> Trace:
        order = sorted(self.drafts, key=lambda draft: draft.stamp)
        events = tuple(
            Event(n, d.connection, d.earliest, d.latest, d.kind, d.opcode, d.content)
            for n, d in enumerate(order)
        )
        return trace_with(events, capabilities=self.capabilities, scenario="model")

    def of(self, connection: int) -> list[Draft]:
        found = [draft for draft in self.drafts if draft.connection == connection]
        return sorted(found, key=lambda draft: draft.stamp)


def pick(random: Random, found: Iterable[Draft]) -> Draft | None:
    drafts = list(found)
    return random.choice(drafts) if drafts else None


def sure_replies(story: Story) -> list[Draft]:
    """The replies of connections on which all that was said is certainly answered, or ignored."""
    sure = [number for number in story.manners if not has_unanswered(story, number)]
    return [reply for reply in replies(story) if reply.connection in sure]


def replies(story: Story) -> list[Draft]:
    return [d for d in story.drafts if d.kind == "received" and d.opcode == "text" and d.answers]


def may_be_answered(draft: Draft) -> bool:
    content = draft.content
    return isinstance(content, str) and isinstance(message(content), BeyondIJson | Deep)


def owes(draft: Draft) -> bool:
    content = draft.content
    return isinstance(content, str) and isinstance(message(content), Ping | Business)


def has_witness(story: Story, reply: Draft) -> bool:
    """Whether it is certain what is missing: what comes before and after it is unlike it."""
    mine = [r for r in sure_replies(story) if r.connection == reply.connection]
    after = mine[mine.index(reply) + 1 :]
    before = mine[: mine.index(reply)]
    unlike = [r.content != reply.content for r in (*before[-1:], *after[:1])]
    return bool(after) and all(unlike)


def missing(reply: Draft, story: Story) -> str:
    assert reply.answers is not None
    if reply.content != PONG:
        return "S-ECHO"
    said = [d.content for d in story.drafts if d.kind == "sent"]
    plain = reply.answers.content == PING or said.count(reply.answers.content) > 1
    return "S-PONG" if plain else "S-PING-FORM"


def heartbeat_close(random: Random, story: Story, manners: tuple[str, ...]) -> Draft | None:
    return pick(
        random,
        (
            d
            for d in story.drafts
            if d.kind == "received"
            and d.content == HEARTBEAT
            and story.manners[d.connection] in manners
            and (story.manners[d.connection] == "never_pings" or pings(story, d))
        ),
    )


def pings(story: Story, close: Draft) -> list[Draft]:
    said = (d for d in story.of(close.connection) if d.kind == "sent" and d.opcode == "text")
    return [d for d in said if isinstance(message(str(d.content)), Ping)]


def last_ping(story: Story, close: Draft) -> Draft:
    return pings(story, close)[-1]


def has_unanswered(story: Story, connection: int) -> bool:
    """Whether anything that was said was cut off by the end, or need not be answered at all."""
    answered = [reply.answers for reply in replies(story)]
    mine = (d for d in story.drafts if d.connection == connection and d.kind == "sent")
    return any(may_be_answered(d) or (owes(d) and d not in answered) for d in mine)


def forget_the_unanswered(story: Story, connection: int) -> None:
    """What had crossed the close would, if that came later, be missing its reply."""
    answered = [d.answers for d in story.drafts if d.answers]
    story.drafts = [
        d
        for d in story.drafts
        if d.connection != connection
        or d.kind != "sent"
        or d in answered
        or not (owes(d) or d.opcode == "ping")
    ]


def leave_alone(story: Story, *connections: int) -> None:
    """Take all other connections out: none of them can be why these end when they do."""
    story.drafts = [d for d in story.drafts if d.connection in (WHOLE_TRACE, *connections)]


def postpone(story: Story, connection: int, by: float) -> None:
    """Let all that happened on a connection happen later."""
    for draft in story.of(connection):
        draft.stamp += by
        draft.earliest += by
        draft.latest += by


def move(story: Story, close: Draft, to: float) -> None:
    """Let a connection end at another moment; what would come after it, is gone with it."""
    mine = story.of(close.connection)
    gone = mine[mine.index(close) :]
    story.drafts = [
        d
        for d in story.drafts
        if d in gone or d.connection != close.connection or d.stamp < to - 0.001
    ]
    shift = to - close.latest
    if shift > 0:
        forget_the_unanswered(story, close.connection)
    for draft in gone:
        width = draft.latest - draft.earliest if draft is close else 0.0
        draft.stamp += shift
        draft.latest += shift
        draft.earliest = draft.latest - min(width, 0.004)
