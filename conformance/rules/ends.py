"""Ends of connections for which one of several messages is to blame (protocol.md, section 3.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from websockets.frames import CloseCode

from conformance.evidence.interval import elapsed
from conformance.evidence.server.blame.stall import may_be_given_up
from conformance.evidence.server.blame.suspicion import (
    left_unanswered,
    perhaps_late,
    said_by,
    survived,
)
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Binary, Business, Large, Ping
from conformance.messages.from_server import Echo, Pong, answer
from conformance.messages.json_text import BeyondIJson, Deep, NotJson
from conformance.messages.limits import BURST
from conformance.rules.observation import Observation, undecidable
from conformance.trace.event import GRAIN, Event

TAKES_OTHERS_ALONG = frozenset({
    "S-PONG", "S-ECHO", "S-IGNORE-NOT-JSON", "S-BEYOND-IJSON", "S-DEPTH", "S-SIZE", "S-BINARY",
    "S-INDEPENDENT", "S-SURVIVE",
})  # fmt: skip
"""What a server breaks that ends one connection, or a whole process, where it should not."""

MANY = BURST // 4
"""How many messages at once are not unlike a burst."""


def perhaps_ended_for(requirement: str, evidence: Evidence) -> Iterator[Observation]:
    """The ends that a breach of a requirement may be behind, or one of others.

    A server that ends a connection for one message may take answers to others along. As soon as
    one of the requirements that come into question is seen to be violated, nothing is open.
    """
    for _, departure in evidence.departures():
        charged = {judged_by(suspect): suspect for suspect in reversed(departure.suspects)}
        if requirement in charged:
            yield undecidable(
                f"{departure} came while {len(departure.suspects)} messages had no answer, and "
                "which of them ended the connection cannot be told.",
                charged[requirement].stimulus,
                departure.event,
                among=frozenset(charged),
            )


def or_else(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What explains it as well that a message got no answer, or an end in place of one.

    The end may have come just then, from whoever ends all connections too early. Who died of a
    message, or fell deaf over it, answers nothing more; what is waited for in vain may be late. And
    a wrong answer, or one that is larger than any could be, may be what somebody else was told.
    """
    end = connection.departure
    crossed = frozenset({"S-TIMEOUT-CODE"} if end and ran_out(connection, end.event) else ())
    if exchange.by_chance and end is not None:
        # What is harmless to one process may be what another died of; and any chance may hit any.
        beside = left_unanswered(connection, end.event)
        torn = TAKES_OTHERS_ALONG if was_torn_along(end, connection) else frozenset()
        others = crossed | torn | charged_with(beside) | {"S-TIMEOUT-EARLIEST"}
        return others - charged_with([exchange])
    late = or_told_to_all(exchange, connection)
    if exchange.waited_out:
        late |= charged_with(connection.perhaps_deafened_by) | {"S-REPLY-SOON"}
    if connection.departure is None or exchange.replies:
        return late
    late |= crossed
    if was_torn_along(connection.departure, connection):
        late |= TAKES_OTHERS_ALONG
    if connection.departure.was_too_large:
        late |= {"S-QUIET"}
    harmless = connection.evidence.harmless
    return late | charged_with(
        each
        for each in left_unanswered(connection, exchange.stimulus)
        if each.stimulus.n < exchange.stimulus.n and said_by(each) not in harmless
    )


def was_torn_along(end: Departure, connection: Connection) -> bool:
    """Whether a connection ended without a Close as others did: it may be for what was said there.

    What several messages may have brought about is settled by one that is seen to, with no other.
    """
    moment = end.event
    return end.close is None and any(
        note.earliest - GRAIN <= moment.latest <= note.latest + GRAIN
        for note in connection.trace.torn_along
    )


def or_told_to_all(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What explains a wrong reply, or a second echo, as well: it is for another connection.

    A second one is of what was said there, too; a wrong one repeats nothing that was said here, on
    a server that tells much unasked.
    """
    replies, evidence = exchange.replies, connection.evidence
    for_both = (
        exchange.owed == "echo"
        and len(replies) > 1
        and any(
            each.stimulus.said == exchange.stimulus.said
            for other, each in evidence.exchanges
            if other is not connection
        )
    )
    tells_unasked = evidence.trace.unasked or any(each.unasked for each in evidence.connections)
    for_another = bool(replies and tells_unasked) and all(
        isinstance(reply.answer, Echo)
        and not reply.answer.fault
        and not any(each.is_right(reply) for each in connection.exchanges)
        for reply in replies
    )
    return frozenset({"S-QUIET"} if for_both or for_another else ())


def ran_out(connection: Connection, end: Event) -> bool:
    """Whether the clock may have run out when a connection ended, as if nothing lay unread.

    Who ends the silent without a word on why, or with a wrong one, ends so a busy one whose ping
    waits to be read, or its Close.
    """
    restart = connection.last_restart_known_before(end)
    limit = connection.timing.heartbeat_timeout
    return restart is not None and elapsed(restart, end)[1] >= limit


def or_of_many(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if a message has no reply that came with many others.

    Whoever keeps so much to be said and no more, or takes so many messages and no more, within a
    short time, loses one of them whatever it is. One who counts them closes with 1008 (protocol.md,
    section 9), and may have counted what was said on the connection before the trace begins.
    """
    if exchange.replies:
        return frozenset()
    close = None if connection.departure is None else connection.departure.close
    if exchange.fate == "ended" and close is not None and close.code == CloseCode.POLICY_VIOLATION:
        return frozenset({"S-BURST"})
    near = connection.evidence.timing.reply_deadline
    since, until = exchange.stimulus.earliest - near, exchange.stimulus.latest + near
    together = sum(
        each is not exchange and each.stimulus.latest >= since and each.stimulus.earliest <= until
        for each in connection.exchanges
    )
    return frozenset({"S-BURST"}) if together >= MANY else frozenset()


def or_for_what_was_said(connection: Connection, end: Departure) -> frozenset[str]:
    """The requirements that were broken, rather, if a connection ended for what was said on it.

    That is so where nothing of what was said last was answered, and none of it is seen to end
    nothing elsewhere. An end that nothing explains may come later after a message than it should,
    by as much as wsbeat was late and whoever died of it waited for a processor, and by
    `heartbeat_interval`: some get to what ends them when they do something else.
    """
    if end.cause != "unexplained":
        return frozenset()
    suspects = perhaps_late(connection, end.event, connection.timing.heartbeat_interval)
    others = connection.evidence.connections if suspects else ()
    harmless = {said for each in others if not _ended_oddly(each) for said in survived(each)}
    return charged_with(each for each in suspects if said_by(each) not in harmless)


def _ended_oddly(connection: Connection) -> bool:
    """Whether a connection ended without a reason that is seen: it may be for what was said."""
    return connection.departure is not None and connection.departure.cause == "unexplained"


def or_given_up(connection: Connection, end: Departure) -> frozenset[str]:
    """What was broken, rather, if a server's transport ended a connection as nothing was read."""
    given_up = may_be_given_up(connection, end.event, end.close)
    return frozenset({"S-REPLY-SOON"} if given_up else ())


def charged_with(suspects: Iterable[Exchange]) -> frozenset[str]:
    """The requirements that an end breaks if it came for one of several messages."""
    return frozenset(map(judged_by, suspects)) - {""}


def or_for_another(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """The requirements that were broken, rather, if one of several pongs was for another message.

    Where business is not echoed, nothing shows which message it was that was taken for a ping; and
    of two pongs before an echo, one may belong to the message that is echoed.
    """
    others = [
        each
        for each in connection.exchanges
        if each.stimulus.n < exchange.replies[-1].event.n
        and (each.is_applications or not each.replies)
        and not isinstance(each.message, Ping)
        and each.owed != "echo"
    ]
    if _is_beside_business(exchange, connection) or any(
        isinstance(each.message, Business) for each in others
    ):
        return charged_with(others) | {"S-PING-FORM"}
    return charged_with(others)


def or_for_business(shown: Exchange | Event, connection: Connection) -> frozenset[str]:
    """The requirement that was broken, rather, if a pong was for a business message beside.

    It may be where such a message is seen to get one, and where the pong came right behind its
    echo: then what is read last may be that echo, and its own pong no more.
    """
    replies = [shown] if isinstance(shown, Event) else [each.event for each in shown.replies]
    ponged = [
        each
        for each in replies
        if each.opcode == "text" and isinstance(answer(each.said, connection.trace.dialect), Pong)
    ]
    if ponged and (
        connection.evidence.takes_others_for_pings
        or any(_came_right_behind_an_echo(each, connection) for each in ponged)
    ):
        return frozenset({"S-PING-FORM"})
    return frozenset()


def _came_right_behind_an_echo(pong: Event, connection: Connection) -> bool:
    """Whether what was read last before a pong, not long ago, is the echo of a business message."""
    before = [each for each in connection.received if each.n < pong.n][-1:]
    echoes = (each.replies[-1].event for each in connection.exchanges if _was_echoed(each))
    return any(
        each in before and pong.earliest <= each.latest + connection.reply_patience
        for each in echoes
    )


def _is_beside_business(exchange: Exchange, connection: Connection) -> bool:
    """Whether a message beside was echoed, so that one of the replies may be a pong to that.

    It is the next one, if that is an object and was sent before the last reply; or the last one
    before, with nothing but pings between them, if its echo came only after this one was sent.
    """
    if not exchange.replies:
        return False
    place = connection.exchanges.index(exchange)
    earlier, after = connection.exchanges[:place], connection.exchanges[place + 1 :][:1]
    before = [each for each in earlier if not isinstance(each.message, Ping)][-1:]
    return any(
        _was_echoed(each) and each.is_object and each.stimulus.n < exchange.replies[-1].event.n
        for each in after
    ) or any(
        _was_echoed(each) and exchange.stimulus.n < each.replies[-1].event.n for each in before
    )


def _was_echoed(exchange: Exchange) -> bool:
    return exchange.owed == "echo" and bool(exchange.replies)


def or_late(reply: Event, connection: Connection) -> frozenset[str]:
    """The requirements that were broken, rather, if a reply came late for what is to be ignored.

    What is answered by mistake is so in its turn. On a busy machine that may be after the next
    message of its kind: then it seems to be ignored, and the next one to be answered.
    """
    return frozenset(
        judged_by(each)
        for each in connection.exchanges
        if isinstance(each.message, NotJson | Binary)
        and each.stimulus.n < reply.n
        and reply.earliest <= each.stimulus.latest + connection.reply_patience
    )


def judged_by(suspect: Exchange) -> str:
    """The requirement that an end breaks if it came for this message; none for an application's."""
    match suspect.message:
        case NotJson():
            return "S-IGNORE-NOT-JSON"
        case Binary():
            return "S-BINARY"
        case BeyondIJson():
            return "S-BEYOND-IJSON"
        case Deep():
            return "S-DEPTH"
        case Large():
            return "S-SIZE"
        case Ping() | Business() if suspect.strain is not None:
            return "S-DEPTH" if suspect.strain == "depth" else "S-SIZE"
        case Ping(_, plain):
            return "S-PONG" if plain else "S-PING-FORM"
    return "" if suspect.is_applications else "S-ECHO"
