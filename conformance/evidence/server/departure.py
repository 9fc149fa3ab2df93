"""How connections end, and what explains it: a verdict on the client, a message, a shutdown.

An end without an explanation is a fault of its own, so all there are have to be looked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Literal, TypeAlias

from websockets.frames import CloseCode

from conformance.evidence.interval import is_early
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.exchange import Exchange, may_close
from conformance.evidence.server.suspicion import Said, came_soon_after, said_by, suspects_at
from conformance.messages.from_client import Business, Ping
from conformance.trace.event import GRAIN, RESOLUTION, TOO_LARGE, Close, Ended, Event, Kind, Refusal
from conformance.trace.trace import Trace

HEARTBEAT_REASON = "heartbeat timeout"


YOUNG_FRACTION = 0.45
"""Up to which fraction of `heartbeat_timeout` a connection is too young to be closed for silence,
where a message explains its end as well: a limit that is half of what it should be is no rarity."""


IMMEDIATE_END = 0.05
"""Within how many seconds after a message its connection ended at once."""


SHUTDOWN_CODES = (CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART)


OF_A_MESSAGE = (
    CloseCode.UNSUPPORTED_DATA,
    CloseCode.INVALID_DATA,
    CloseCode.MESSAGE_TOO_BIG,
)
"""With which codes a server says that it was a message."""


REPLIES_TO_KNOCKS: tuple[Kind, ...] = ("opened", "refused")
"""What is seen when a connection was asked for."""


AT_ONCE = 0.15
"""Within how many seconds more than replies take an end may be due to what is owed none."""


Cause: TypeAlias = Literal[
    "harness", "heartbeat", "message", "shutdown", "full", "collapse", "unexplained"
]


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of a connection: a Close frame, or an end of the TCP connection without one.

    `cause` is "harness" (wsbeat ended it, or gave cause to), "heartbeat" (the server's verdict on a
    silent client), "message" (it came in place of the answer to `blamed`), "shutdown", "full" (the
    client was refused after all), "collapse" (all connections ended with it), or "unexplained".
    Where it cannot be told which of several messages is to blame, they are the `suspects`. It may
    have come `by_chance` in place of an answer, where the message that is blamed ended nothing
    elsewhere.
    """

    event: Event
    close: Close | None
    cause: Cause
    blamed: Exchange | None = None
    suspects: tuple[Exchange, ...] = ()
    by_chance: bool = False

    @property
    def was_reset(self) -> bool:
        """Whether the TCP connection was reset: a Close before it may have been lost."""
        return isinstance(self.event.content, Ended) and self.event.content.how == "reset"

    @property
    def was_too_large(self) -> bool:
        """Whether wsbeat left because of a message that is larger than any answer could be."""
        return self.event.kind == "broken" and str(self.event.content).startswith(TOO_LARGE)

    def __str__(self) -> str:
        if self.close is not None:
            return str(self.close)
        if self.event.kind == "broken":
            return str(self.event.content)
        end = self.event.content
        return str(end if isinstance(end, Ended) else Ended("eof"))


def departure_of(
    connection: ObservedConnection,
    harmless: Callable[[], Container[Said]] = frozenset,
    deadly: Callable[[], Container[Said]] = frozenset,
) -> Departure | None:
    """How a connection ended, and what explains it (S-CONTROL); None while it had not.

    `harmless` gives the messages that ended no connection elsewhere, `deadly` those that did.
    """
    for event in connection.events:
        if event.opcode == "close" and event.kind == "sent":
            return Departure(event, _close(event), "harness")
        if event.kind == "ended":
            if isinstance(event.content, Ended) and event.content.how == "local":
                return Departure(event, None, "harness")
            if not connection.was_read(event.earliest, event.latest):
                return Departure(event, None, "harness")  # A Close may lie there unread.
        if event.opcode == "close" or event.kind in ("ended", "broken"):
            close = _close(event)
            explained = _explained(connection, event, close)
            return explained or _charged(connection, event, close, harmless, deadly)
    return None


def _explained(
    connection: ObservedConnection, event: Event, close: Close | None
) -> Departure | None:
    """The end of a connection, if it was a server's right, or comes of silence."""
    named = close is not None and close.reason == HEARTBEAT_REASON
    restart = connection.last_restart_before(event)
    silent_long_enough = (
        restart is not None
        and event.earliest - restart.latest + RESOLUTION >= connection.timing.heartbeat_timeout
    )
    # A heartbeat close comes of this connection's own clock if that may have run for long enough.
    opened, timeout = connection.opened, connection.timing.heartbeat_timeout
    by_its_clock = named and (
        opened is not None and event.earliest - opened.latest + RESOLUTION >= timeout
    )
    all_ended = was_collapse(event, connection.trace) and not by_its_clock
    if close is not None and named and close.code == CloseCode.NORMAL_CLOSURE:
        interrupted = _interrupted(connection, event)
        if interrupted is not None:
            return Departure(event, close, "message", interrupted)
        if not all_ended:
            return Departure(event, close, "heartbeat")
    asked = connection.asked_to_end
    if asked is not None and event.latest >= asked.earliest:
        return Departure(event, close, "shutdown")
    if not named and connection.ignored_control_pings(event):
        return Departure(event, close, "harness")  # Its transport may have given wsbeat up.
    if (
        close is not None
        and close.code == CloseCode.TRY_AGAIN_LATER
        and _is_at_once(connection, event)
    ):
        return Departure(event, close, "full")
    suspects = suspects_at(connection, event)
    for suspect in suspects:
        if close is not None and close.code in may_close(suspect.message):
            return Departure(event, close, "message", suspect)
    if all_ended:
        may_be = tuple(each for each in suspects if _may_be_why(each, event, connection))
        if named or not any(map(_is_owed, may_be)) or connection.trace.attempt == 1:
            left = () if named or connection.trace.attempt > 1 else may_be
            return Departure(event, close, "collapse", suspects=left)
    if silent_long_enough and (named or all(_is_usual(connection, each) for each in suspects)):
        return Departure(event, close, "heartbeat")
    if not suspects and _came_amid_a_message(connection, event):
        return Departure(event, close, "harness")  # What it does about a whole message tells more.
    return None


def _came_amid_a_message(connection: ObservedConnection, event: Event) -> bool:
    """Whether a connection ended as soon as a frame came with which no message ends."""
    return any(
        each.opcode == "fragment"
        and each.n < event.n
        and event.earliest - each.latest <= IMMEDIATE_END
        for each in connection.idle_talk
    )


def _interrupted(connection: ObservedConnection, event: Event) -> Exchange | None:
    """The message for which a connection was closed, though the Close says it was for silence.

    It is one that was under way, on a connection that is too young to be closed for silence or
    that had not seen its like before. One that is owed nothing was under way if another was sent
    behind it that is owed something, or if the end came at once.
    """
    opened, limit = connection.opened, connection.timing.heartbeat_timeout
    first = next(iter(suspects_at(connection, event)), None)
    since = connection.last_restart_known_before(event)
    if opened is None or first is None or since is None:
        return None
    if is_early(limit, since, event) is not True:
        return None
    is_new = not _has_precedent(connection, first)
    if not is_new and event.latest - opened.earliest > YOUNG_FRACTION * limit:
        return None
    if first.owed != "nothing":
        return first
    later = (each for each in connection.matching.exchanges if each.stimulus.n > first.stimulus.n)
    followed = any(each.owed != "nothing" and not each.replies for each in later)
    at_once = event.earliest - first.stimulus.latest <= IMMEDIATE_END
    return first if followed or (is_new and at_once) else None


def _has_precedent(connection: ObservedConnection, exchange: Exchange) -> bool:
    """Whether a message like this one was dealt with before on its connection."""
    if isinstance(exchange.message, Ping) and not exchange.message.plain:
        return False
    return any(
        type(earlier.message) is type(exchange.message)
        and bool(earlier.replies) == (exchange.owed != "nothing")
        for earlier in connection.matching.exchanges
        if earlier.stimulus.n < exchange.stimulus.n
    )


def was_collapse(event: Event, trace: Trace) -> bool:
    """Whether the end of a connection was that of all there were, on whatever account."""
    return any(
        note.earliest - GRAIN <= event.latest <= note.latest + GRAIN for note in trace.collapses
    )


def _charged(
    connection: ObservedConnection,
    event: Event,
    close: Close | None,
    harmless: Callable[[], Container[Said]],
    deadly: Callable[[], Container[Said]],
) -> Departure:
    """The end of a connection with the message that it is due to, or those that it may be due to.

    What wsbeat could not read is the reply to the first message without one: replies keep order.
    A message that is owed nothing is to blame only for an end that came as soon as answers do, or
    that speaks of a message.
    Where nobody listens any more, no suspect can be sent again: then it is the least usual kind.
    """
    suspects = suspects_at(connection, event)
    if event.kind == "broken" and suspects:
        return Departure(event, close, "message", suspects[0])
    if all(map(_is_plain_ping, suspects)) and _came_with_the_end_before(connection, event):
        return Departure(event, close, "collapse")
    left = [each for each in suspects if said_by(each) not in harmless()]
    speaks_of_one = close is not None and close.code in OF_A_MESSAGE
    if not speaks_of_one and not any(map(_is_owed, suspects)):
        left = [each for each in left if _may_be_why(each, event, connection)]
    if not left:
        owed = [each for each in suspects if _is_owed(each)] or [
            each
            for each in suspects
            if came_soon_after(each, event, connection, RESOLUTION, times=1)
        ]
        if not owed:
            return Departure(event, close, "unexplained")
        return Departure(event, close, "message", owed[0], by_chance=True)
    if len(left) > 1:
        left = [each for each in left if said_by(each) in deadly()][:1] or left
    if len(left) > 1 and not _was_the_last(event, connection.trace):
        return Departure(event, close, "message", suspects=tuple(left))
    left.sort(key=_is_usual_kind)
    return Departure(event, close, "message", left[0])


def _came_with_the_end_before(connection: ObservedConnection, event: Event) -> bool:
    """Whether a server ended a connection in the moment after it had ended another.

    What a message brings down may take a connection along that was opened meanwhile: what was said
    there, before anything was answered, is not why.
    """
    opened = connection.opened
    if opened is None or connection.received:
        return False
    for number, events in connection.trace.by_connection.items():
        closes = [each for each in events if each.opcode == "close" or each.kind == "ended"]
        if number == connection.number or not closes or closes[0].kind == "sent":
            continue
        if any(
            each.kind != "sent"
            and not (isinstance(each.content, Ended) and each.content.how == "local")
            and each.latest <= opened.latest
            and event.latest - each.earliest <= IMMEDIATE_END
            for each in closes
        ):
            return True
    return False


def _is_at_once(connection: ObservedConnection, event: Event) -> bool:
    """Whether a connection ended as soon as it was open, before anything was answered on it."""
    opened = connection.opened
    return (
        opened is not None
        and not connection.received
        and event.earliest <= opened.latest + connection.reply_patience
    )


def _was_the_last(event: Event, trace: Trace) -> bool:
    """Whether a server was gone after the end of a connection, and did not come back."""
    later = [each for each in trace.events if each.n > event.n and each.kind in REPLIES_TO_KNOCKS]
    return bool(later) and all(
        isinstance(each.content, Refusal) and each.content.status is None for each in later
    )


def _is_plain_ping(suspect: Exchange) -> bool:
    return isinstance(suspect.message, Ping) and suspect.message.plain


def _is_usual_kind(suspect: Exchange) -> bool:
    match suspect.message:
        case Ping(_, plain):
            return plain
        case Business():
            return True
    return False


def _may_be_why(suspect: Exchange, event: Event, connection: ObservedConnection) -> bool:
    """Whether an end came while a reply was owed, or as soon as one would have come."""
    return _is_owed(suspect) or came_soon_after(suspect, event, connection, AT_ONCE)


def _is_owed(suspect: Exchange) -> bool:
    return suspect.owed in ("pong", "echo")


def _is_usual(connection: ObservedConnection, unanswered: Exchange) -> bool:
    """Whether a message was of a kind that, on this connection, had not ended it before."""
    return unanswered.owed == "nothing" or any(
        exchange.replies and exchange.owed == unanswered.owed == "echo"
        for exchange in connection.matching.exchanges
    )


def _close(event: Event) -> Close | None:
    return event.content if isinstance(event.content, Close) else None
