"""Rules on what is extreme: JSON beyond I-JSON, depth and size (protocol.md: messages)."""

from __future__ import annotations

from collections.abc import Iterator

from websockets.frames import CloseCode

from conformance.evidence.interval import elapsed
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange, may_be_a_ping
from conformance.messages.from_client import Ping
from conformance.messages.from_server import Echo, Foreign, Pong
from conformance.messages.json_text import BeyondIJson, Deep
from conformance.rules.circumstances import NO_LIMITS
from conformance.rules.deafness import fell_deaf_over
from conformance.rules.ends import or_else, or_for_business, perhaps_ended_for
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import answered_with, shown_by
from conformance.rules.rule import rule

REFUSED = (CloseCode.INVALID_DATA, CloseCode.POLICY_VIOLATION)


TOO_DEEP = (CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG)


@rule("S-BEYOND-IJSON", not_applicable_when=NO_LIMITS)
def json_beyond_i_json_does_no_harm(evidence: Evidence) -> Iterator[Observation]:
    """JSON text outside I-JSON is echoed, whatever the data, or ignored, or refused with a Close.

    The Close is 1007 or 1008. A connection that is aborted, or closed with 1011, was hurt.
    """
    yield from perhaps_ended_for("S-BEYOND-IJSON", evidence)
    yield from fell_deaf_over("S-BEYOND-IJSON", evidence)
    for connection, exchange in evidence.exchanges:
        if not isinstance(exchange.message, BeyondIJson) or exchange.fate == "open":
            continue
        if exchange.waited_out:
            continue  # A server that answers nothing at all does no harm, either.
        echoed = all(isinstance(reply.answer, Echo) for reply in exchange.replies)
        if evidence.capabilities.echo and _is_wrong(exchange):
            yield violated(
                "JSON beyond I-JSON was answered with what is not its echo.",
                *shown_by(exchange, connection),
                expected="one echo, nothing, or a Close 1007 or 1008",
                actual=answered_with(exchange, connection),
                among=or_for_business(exchange, connection),
            )
        elif exchange.fate == "ended" and not _was_refused(connection, exchange):
            yield violated(
                "JSON beyond I-JSON ended the connection.",
                *shown_by(exchange, connection),
                expected="any echo, nothing, or a Close 1007 or 1008",
                actual=answered_with(exchange, connection),
                provisional=exchange.by_chance,
                among=or_else(exchange, connection) | _or_of_any(exchange, connection),
            )
        elif (
            exchange.fate != "answered"
            or (echoed and len(exchange.replies) == 1)
            or _is_left_to_the_application(exchange)
        ):
            yield satisfied(*shown_by(exchange, connection))


def _or_of_any(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if an end came by chance: others came in place of other answers."""
    is_of_any = exchange.by_chance or _was_outlived_elsewhere(exchange, connection)
    return frozenset({"S-ECHO", "S-PONG"} if is_of_any else ())


def _was_outlived_elsewhere(exchange: Exchange, connection: Connection) -> bool:
    """Whether a connection that said the same was open longer after it than this one was.

    Whether it would have been for good need not be seen: the end may not be for what was said.
    """
    end = connection.departure
    return end is not None and any(
        other.watched_until - each.stimulus.latest > elapsed(exchange.stimulus, end.event)[1]
        and (other.departure is None or other.departure.cause == "harness")
        for other, each in connection.evidence.exchanges
        if other is not connection and each.stimulus.said == exchange.stimulus.said
    )


def _is_left_to_the_application(exchange: Exchange) -> bool:
    """Whether an application answered as it likes, with anything but what the protocol has."""
    return exchange.is_applications and not any(
        isinstance(reply.answer, Pong) for reply in exchange.replies
    )


@rule("S-DEPTH", not_applicable_when=NO_LIMITS)
def nesting_is_handled_or_refused(evidence: Evidence) -> Iterator[Observation]:
    """A message nested 64 deep is handled like any other; a deeper one ends no connection.

    Unless with a Close 1008 or 1009. What a server does with up to 20 levels is for S-ECHO.
    """
    yield from perhaps_ended_for("S-DEPTH", evidence)
    yield from fell_deaf_over("S-DEPTH", evidence)
    for connection, exchange in evidence.exchanges:
        if exchange.fate == "open":
            continue
        if isinstance(exchange.message, Deep):
            if exchange.waited_out:
                continue
            hurt = exchange.fate == "ended" and not _was_closed_with(connection, TOO_DEEP)
            hurt |= evidence.capabilities.echo and _is_wrong(exchange)
            expected = "one echo, nothing, or a Close 1008 or 1009"
        elif exchange.strain == "depth":
            hurt = _was_not_handled(exchange, evidence)
            expected = "its echo" if exchange.owed == "echo" else "its reply"
        else:
            continue
        if hurt:
            others = _or_like_any_other(exchange, connection)
            yield violated(
                "A deeply nested message was not handled.",
                *shown_by(exchange, connection),
                expected=expected,
                actual=answered_with(exchange, connection),
                provisional=exchange.has_to_show_twice or bool(others),
                among=or_else(exchange, connection)
                | or_for_business(exchange, connection)
                | others,
            )
        else:
            yield satisfied(*shown_by(exchange, connection))


@rule("S-SIZE", not_applicable_when=NO_LIMITS)
def size_is_handled_or_refused(evidence: Evidence) -> Iterator[Observation]:
    """A text of 65,536 bytes is handled like any other; one over the server's limit gets a 1009.

    A reply of another kind than a smaller text like it gets is no handling. A server that declares
    no limit and echoes everything shows nothing either way; one that declares it has to keep to it.
    A reset shows nothing: the Close before it may have been lost.
    """
    yield from perhaps_ended_for("S-SIZE", evidence)
    yield from fell_deaf_over("S-SIZE", evidence)
    for connection, exchange in evidence.exchanges:
        departure = connection.departure
        if exchange.fate == "open" or exchange.strain not in ("size", "excess"):
            continue
        if exchange.strain == "size":
            hurt = _was_not_handled(exchange, evidence)
            expected = "the reply to any other such message"
        elif exchange.fate == "ended" and departure is not None and not departure.was_reset:
            hurt, expected = (
                not _was_closed_with(connection, (CloseCode.MESSAGE_TOO_BIG,)),
                "a Close 1009",
            )
        elif exchange.fate in ("answered", "silent") and _is_over_the_limit(exchange, evidence):
            hurt, expected = True, "a Close 1009"
        else:
            continue
        if any(isinstance(reply.answer, Foreign) for reply in exchange.replies):
            continue
        if hurt:
            others = _or_like_any_other(exchange, connection)
            yield violated(
                "A large message was not handled.",
                *shown_by(exchange, connection),
                expected=expected,
                actual=answered_with(exchange, connection),
                provisional=exchange.has_to_show_twice or bool(others),
                among=or_else(exchange, connection) | others | _or_for_its_members(exchange),
            )
        else:
            yield satisfied(*shown_by(exchange, connection))


def _or_for_its_members(exchange: Exchange) -> frozenset[str]:
    """What was broken, rather, if a ping got no pong for what makes it large: further members."""
    is_unknown = exchange.fate == "silent" and exchange.owed == "pong" and not exchange.replies
    return frozenset({"S-PING-FORM"} if is_unknown else ())


def _or_like_any_other(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What explains an end in place of an echo, or no pong, as well: it is so of any size.

    A server that closes with the code for what is too large says that it was the size.
    """
    if exchange.waited_out and exchange.owed == "pong":
        return frozenset({"S-PONG"})  # As where the answers go to another connection.
    is_no_limit = exchange.fate == "ended" and not _was_closed_with(connection, TOO_DEEP)
    return frozenset({"S-ECHO"}) if is_no_limit and exchange.owed == "echo" else frozenset()


def _is_wrong(exchange: Exchange) -> bool:
    """Whether what need not be answered got a reply that it cannot have, or more than one.

    What is none of the protocol's frames is for S-VALID-OUTPUT.
    """
    answers = [reply.answer for reply in exchange.replies]
    if any(isinstance(answer, Foreign) for answer in answers):
        return False
    ponged = any(isinstance(answer, Pong) for answer in answers)
    return len(answers) > 1 or (ponged and not may_be_a_ping(exchange))


def _was_not_handled(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether a message got no reply, or one of another kind than smaller ones like it.

    Where a server may be silent, only an end shows it.
    """
    if exchange.replies:
        return not _has_its_kind(exchange) and any(
            _has_its_kind(other) and other.strain is None and _is_like(other, exchange)
            for _, other in evidence.exchanges
        )
    unanswered = exchange.fate == "silent" and exchange.owed in ("pong", "echo")
    return exchange.fate == "ended" or unanswered


def _has_its_kind(exchange: Exchange) -> bool:
    """Whether a message was answered with a pong or an echo, as it should, or with no frame."""
    kinds = (Pong,) if exchange.owed == "pong" else (Echo, Deep)
    return any(isinstance(reply.answer, (*kinds, Foreign)) for reply in exchange.replies)


def _is_like(one: Exchange, other: Exchange) -> bool:
    """Whether two messages are owed the same, and neither is a ping by its usual text alone.

    An object is like other objects only: they may all be taken for pings (S-PING-FORM).
    """
    plain = isinstance(one.message, Ping) and one.message.plain
    alike = one.is_object is other.is_object
    return one.owed == other.owed != "anything" and not plain and alike


def _is_over_the_limit(exchange: Exchange, evidence: Evidence) -> bool:
    limit = evidence.trace.max_message
    return limit is not None and len(str(exchange.stimulus.content).encode()) > limit


def _was_refused(connection: Connection, exchange: Exchange) -> bool:
    return exchange.fate == "ended" and _was_closed_with(connection, REFUSED)


def _was_closed_with(connection: Connection, codes: tuple[int, ...]) -> bool:
    departure = connection.departure
    return departure is not None and departure.close is not None and departure.close.code in codes
