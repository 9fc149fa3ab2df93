"""Rules on replies whatever their kind: when, in which order, and that they are frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from conformance.evidence.interval import seconds
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Large
from conformance.messages.from_server import Foreign
from conformance.messages.json_text import Deep
from conformance.rules.bounds import at_most
from conformance.rules.circumstances import NO_ANSWERS
from conformance.rules.ends import charged_with
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import quoted, shown_by
from conformance.rules.rule import rule

VERY_DEEP = 200
"""How deep a message nests whose answer may be long: white space grows with the square of it."""


@rule("S-REPLY-SOON", not_applicable_when=NO_ANSWERS, tells_pace=True)
def each_reply_comes_within_the_deadline(evidence: Evidence) -> Iterator[Observation]:
    """The time from the end of sending a message to reading its reply is at most `reply_deadline`.

    `tolerance` is added; time during which wsbeat did not read does not count. What is not the
    reply that was owed answers nothing, soon or late. A reply may be held up by a message beside
    it which is so deep or so large that no server has to handle it. One that does not come while
    another connection is one of a dead peer waits for that one, if nothing sent after it is
    answered either. One that does not come for as long as wsbeat waits is late where others are
    seen to be, and messages like its own are answered otherwise.
    """
    bound, slack = evidence.timing.reply_deadline, evidence.timing.tolerance
    for connection, exchange, died in evidence.held_up:
        yield violated(
            "A reply did not come while a dead peer was on another connection.",
            *sorted((*shown_by(exchange, connection), died), key=lambda event: event.n),
            expected=f"within {seconds(bound)} (and {seconds(slack)} of tolerance)",
            actual="none by then",
            provisional=True,
        )
    if evidence.trace.attempt > 1 and not evidence.is_slow:
        yield from _waited_for_in_vain(evidence)
    for connection, exchange in _unhindered(evidence):
        if exchange.owed not in ("pong", "echo") or not exchange.replies:
            continue
        if not exchange.is_right(exchange.replies[0]):
            continue
        reply = exchange.replies[0].event
        if not connection.was_read(exchange.stimulus.earliest, reply.latest):
            continue
        yield at_most(
            bound,
            exchange.stimulus,
            reply,
            trace=evidence.trace,
            since="the message was sent",
            late="A reply came too late.",
        )


def _waited_for_in_vain(evidence: Evidence) -> Iterator[Observation]:
    """Replies that did not come as long as they were waited for, with nothing beside them.

    Where none is seen to come late, they never come, which other requirements are about.
    """
    bound, slack = evidence.timing.reply_deadline, evidence.timing.tolerance
    for connection, exchange in evidence.exchanges:
        if exchange.waited_out and exchange.owed in ("pong", "echo"):
            waited = connection.watched_until - exchange.stimulus.latest
            yield violated(
                "A reply did not come.",
                *shown_by(exchange, connection),
                expected=f"within {seconds(bound)} (and {seconds(slack)} of tolerance)",
                actual=f"none after {seconds(waited)}",
                provisional=True,
                among=charged_with([exchange]),
            )


def _unhindered(evidence: Evidence) -> Iterator[tuple[Connection, Exchange]]:
    """The exchanges beside which no message waited that no server has to answer so soon.

    A server that reads all there is before it writes answers what came before such a message late,
    too.
    """
    for connection in evidence.connections:
        busy = [
            (exchange.stimulus.earliest, _done_with(place, connection.exchanges))
            for place, exchange in enumerate(connection.exchanges)
            if _may_take_long(exchange)
        ]
        for exchange in connection.exchanges:
            asked = exchange.stimulus.earliest
            until = exchange.replies[0].event.latest if exchange.replies else asked
            if not any(since <= until and asked <= done for since, done in busy):
                yield connection, exchange


def _done_with(place: int, exchanges: Sequence[Exchange]) -> float:
    """When a message had been dealt with: it, or a later one, was answered."""
    replies = (each.replies[0].event.latest for each in exchanges[place:] if each.replies)
    return next(replies, inf)


def _may_take_long(exchange: Exchange) -> bool:
    """Whether a message is so large, or its answer may be for its depth, that it takes a while."""
    match exchange.message:
        case Large():
            return True
        case Deep(depth):
            return depth >= VERY_DEEP
    return False


@rule(
    "S-ORDER",
    not_applicable_when={
        **NO_ANSWERS,
        "replies without order": "Pongs of the dialect are told apart by their ids, or not at all.",
    },
)
def replies_come_in_the_order_of_messages(evidence: Evidence) -> Iterator[Observation]:
    """Of two messages under way at the same time, the first is answered first.

    They are when the second was sent before the answer to the first was read.
    """
    for connection in evidence.connections:
        before = None
        for exchange in connection.exchanges:
            if exchange.owed not in ("pong", "echo") or not exchange.replies:
                continue
            if exchange.out_of_order:
                shown = shown_by(exchange, connection)
                overtaken = next(
                    (
                        other
                        for other in connection.exchanges
                        if other.stimulus.n > exchange.stimulus.n
                        and other.replies
                        and other.replies[0].event.n < exchange.replies[0].event.n
                    ),
                    None,
                )
                if overtaken is not None:
                    shown += shown_by(overtaken, connection)
                yield violated(
                    "A message was answered after one that was sent later.",
                    *sorted(shown, key=lambda event: event.n),
                    expected="replies in the order of the messages",
                    actual=f"the reply to {quoted(exchange.stimulus.content)} came late",
                )
            elif (
                before is not None
                and exchange.stimulus.n < before.n
                and not isinstance(exchange.replies[0].answer, Foreign)
            ):
                yield satisfied(before, exchange.replies[0].event)
            before = exchange.replies[0].event


@rule(
    "S-VALID-OUTPUT",
    not_applicable_when={"output left open": "The dialect leaves open what else a server says."},
)
def every_reply_is_a_frame_of_the_protocol(evidence: Evidence) -> Iterator[Observation]:
    """Every reply is a text message, is valid JSON, and has a `type` that the protocol knows.

    What else its members are is for S-PONG-FORM and S-ECHO-FORM; whether anything may be said at
    all is for S-IGNORE-NOT-JSON, S-BINARY and S-QUIET. Where the target does not echo, what an
    application answers need only be JSON text. A breach of RFC 6455 counts here where no message is
    without its reply on account of it.
    """
    for _, departure in evidence.departures():
        is_breach = departure.event.kind == "broken" and not departure.was_too_large
        if is_breach and departure.blamed is None:
            yield violated(
                "The server sent what RFC 6455 does not allow.",
                departure.event,
                expected="frames that a WebSocket client can read",
                actual=str(departure.event.content),
            )
    for connection, exchange in evidence.exchanges:
        if exchange.owed == "nothing":
            continue
        for reply in exchange.replies:
            if isinstance(reply.answer, Foreign) and not (
                exchange.is_applications and reply.answer.is_json
            ):
                yield violated(
                    f"A reply is none of the protocol's frames: {reply.answer.why}.",
                    *shown_by(exchange, connection),
                    expected='a text message with an object of type "pong" or "echo"',
                    actual=quoted(reply.event.content),
                )
            else:
                yield satisfied(reply.event)
