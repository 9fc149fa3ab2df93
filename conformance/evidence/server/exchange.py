"""Messages of a client and what answered them (protocol.md, section 3)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from websockets.frames import CloseCode

from conformance.messages.from_client import Binary, Business, Large, Message, Ping, Unclear
from conformance.messages.from_server import Answer, Echo, Pong
from conformance.messages.json_text import (
    BeyondIJson,
    Deep,
    NotJson,
    brackets_in,
    nesting,
    same_json,
)
from conformance.trace.event import Close, Event
from conformance.trace.note import in_short
from conformance.trace.trace import Capabilities
from spec.dialect.dialect import Allowed, Dialect

Owed: TypeAlias = Literal["pong", "echo", "nothing", "anything"]


Fate: TypeAlias = Literal["answered", "silent", "ended", "open"]


Strain: TypeAlias = Literal["depth", "size", "excess"]
"""How a message tries a server's limits. "depth" and "size" are what every server must handle;
"excess" may be beyond what it takes."""


NOTHING_ELSE = Allowed()


USUAL_NESTING = 20
"""Up to how many containers deep a value tries no limit."""


USUAL_LENGTH = 16 * 1024
"""Up to how many characters a text tries no limit."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the server, and what the contract makes of it."""

    event: Event
    answer: Answer | Deep

    def is_among(self, texts: Container[str]) -> bool:
        """Whether it says one of some texts, which are given in short."""
        return bool(texts) and in_short(str(self.event.content)) in texts


@dataclass(slots=True)
class Exchange:
    """A message of the client with what answered it.

    `fate` is "answered"; "silent" (certainly not answered: something later was, or the time for
    it passed: then it was `waited_out`); "ended" (the connection ended instead, perhaps
    `by_chance`: the same message ended none elsewhere); or "open" (it cannot be known).
    `is_applications` says that an application answers it as it likes. With a `strain`, S-DEPTH or
    S-SIZE judges its reply, alone.
    """

    stimulus: Event
    message: Message
    owed: Owed
    is_applications: bool
    dialect: Dialect
    replies: list[Reply] = field(default_factory=list)
    fate: Fate = "open"
    out_of_order: bool = False
    waited_out: bool = False
    by_chance: bool = False
    strain: Strain | None = field(init=False)
    _compared: dict[int, bool] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.strain = _strain(self.stimulus, self.message)

    @property
    def has_to_show_twice(self) -> bool:
        """Whether a busy machine, or an end that came just then, may be why it got no reply."""
        return self.waited_out or self.by_chance

    @property
    def takes_its_time(self) -> bool:
        """Whether it is so large that no server has to handle it, or so deep, and large besides.

        No deadline applies to that: on a slow way it takes long to come, as may the answer.
        """
        return may_take_its_time(self.message, self.stimulus.said)

    @property
    def is_plain_ping(self) -> bool:
        """Whether the message is a ping as wsbeat spells it."""
        return isinstance(self.message, Ping) and self.message.plain

    @property
    def is_object(self) -> bool:
        """Whether the message is a JSON object, as a ping is."""
        return isinstance(self.message, Business | Ping) and isinstance(self.message.value, dict)

    def is_right(self, reply: Reply) -> bool:
        """Whether a reply is the kind that is owed and, for an echo, has the data (S-ECHO-DATA).

        The pairing asks before the rules do, and may ask often: each reply is compared once.
        """
        if reply.event.n not in self._compared:
            self._compared[reply.event.n] = _is_right(self, reply.answer)
        return self._compared[reply.event.n]


@dataclass(frozen=True, slots=True)
class Matching:
    """All exchanges of a connection, and what the server said without being asked."""

    exchanges: tuple[Exchange, ...]
    unasked: tuple[Reply, ...]

    def answer_to(self, sent: Event) -> Event | None:
        """The first reply to a message, if it got any."""
        replies = (
            each.replies for each in self.exchanges if each.stimulus.n == sent.n and each.replies
        )
        return next((first.event for first, *_ in replies), None)


def may_take_its_time(read: Message, said: str | bytes) -> bool:
    """Whether a message is one to which no deadline applies (`Exchange.takes_its_time`)."""
    return isinstance(read, Deep | Large) and len(said) > USUAL_LENGTH


def owed_for(read: Message, capabilities: Capabilities, dialect: Dialect) -> Owed:
    """What a server owes for a message (S-PONG, S-ECHO, S-IGNORE-NOT-JSON, S-BINARY, B-NO-LOOP)."""
    match read:
        case Ping():
            return "pong" if dialect.pong is not None else "nothing"
        case Business():
            if (capabilities.server_ping or dialect.server_pings) and read.is_pong:
                return "nothing"
            if read.is_known:
                return "anything"
            return "echo" if capabilities.echo else _left_to(dialect.json)
        case NotJson():
            return _left_to(dialect.not_json)
        case Binary():
            return _left_to(dialect.binary)
        case BeyondIJson() | Deep() | Large() | Unclear():
            return "anything"


def _left_to(allowed: Allowed) -> Owed:
    """What is owed for a message that is no part of the heartbeat."""
    return "anything" if allowed.free or allowed.answer else "nothing"


def is_for_the_application(read: Message, owed: Owed, capabilities: Capabilities) -> bool:
    """Whether what comes of a message is the application's affair, not an echo (section 3.3)."""
    return not capabilities.echo and owed == "anything" and not isinstance(read, Unclear)


def is_heartbeat(read: Message, capabilities: Capabilities) -> bool:
    """Whether a message is there to restart the clock: a ping, or a pong under Plan B."""
    if capabilities.server_ping:
        return isinstance(read, Business) and read.is_pong
    return isinstance(read, Ping)


def may_be_a_ping(exchange: Exchange) -> bool:
    """Whether a message that no two parsers read alike may be a ping to a server (S-PING-FORM)."""
    if isinstance(exchange.message, Unclear):
        return True
    unclear = isinstance(exchange.message, BeyondIJson | Deep)
    said = str(exchange.stimulus.content)
    return unclear and all(word in said for word in exchange.dialect.ping.words)


def was_misread(exchange: Exchange) -> bool:
    """Whether a heartbeat was certainly taken for a business message.

    Then a ping was echoed and got no pong; or a pong, under Plan B, was echoed (section 2.4).
    """
    answers = [reply.answer for reply in exchange.replies]
    return any(isinstance(answer, Echo) for answer in answers) and not any(
        isinstance(answer, Pong) for answer in answers
    )


def may_end(read: Message, dialect: Dialect, close: Close | None, event: Event) -> bool:
    """Whether a server may end a connection so for a message (S-BINARY, S-BEYOND-IJSON, S-SIZE)."""
    allowed = _allowed_for(read, dialect).ends
    if close is None:
        return allowed.abort and event.kind == "ended"
    return close.code in _may_close(read) or allowed.has(close.code)


def _allowed_for(read: Message, dialect: Dialect) -> Allowed:
    match read:
        case NotJson():
            return dialect.not_json
        case Binary():
            return dialect.binary
        case Business() if not read.is_pong and not read.is_known:
            return dialect.json
    return NOTHING_ELSE


def _may_close(read: Message) -> tuple[int, ...]:
    match read:
        case BeyondIJson():
            return (CloseCode.INVALID_DATA, CloseCode.POLICY_VIOLATION)
        case Deep():
            return (CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG)
        case Large():
            return (CloseCode.MESSAGE_TOO_BIG,)
    return ()


def _strain(stimulus: Event, read: Message) -> Strain | None:
    said = stimulus.content
    if not isinstance(said, str) or len(said) <= 2 * USUAL_NESTING:
        return None
    match read:
        case Large():
            return "excess"
        case Business(value) | Ping(value):
            if brackets_in(said) > USUAL_NESTING and nesting(value) > USUAL_NESTING:
                return "depth"
            return "size" if len(said) > USUAL_LENGTH else None
    return None


def _is_right(exchange: Exchange, given: Answer | Deep) -> bool:
    match exchange.message:
        case Ping(_, _, asked):
            dialect = exchange.dialect
            return isinstance(given, Pong) and dialect.is_answered_by(asked, given.holes)
        case Business(value) if exchange.owed == "echo":
            return isinstance(given, Echo) and same_json(given.data, value)
    return False
