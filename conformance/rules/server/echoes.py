"""Rules on echoes (protocol.md: business messages and echo)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_server import Echo
from conformance.rules.circumstances import NO_ECHO
from conformance.rules.ends import or_else, or_of_many, or_told_to_all, perhaps_ended_for
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import answered_with, in_frames, quoted, shown_by
from conformance.rules.rule import rule
from conformance.rules.server.findings.alike import or_answered_again


@rule("S-ECHO", not_applicable_when=NO_ECHO)
def exactly_one_echo_for_every_business_message(evidence: Evidence) -> Iterator[Observation]:
    """Every JSON text that is no ping is followed by one echo: not none, not two.

    Arrays, numbers, strings, booleans, null and `{"type":"pong"}` are such texts.
    """
    yield from perhaps_ended_for("S-ECHO", evidence)
    for connection, exchange in _echo_exchanges(evidence):
        echoes = sum(isinstance(reply.answer, Echo) for reply in exchange.replies)
        if echoes == 1 and len(exchange.replies) == 1:
            yield satisfied(*shown_by(exchange, connection))
        elif (
            echoes > 1
            or exchange.fate == "ended"
            or (exchange.fate == "silent" and not evidence.is_slow)
        ):
            yield violated(
                "A business message was answered more than once."
                if echoes
                else f"A business message{in_frames(exchange, connection)} was not echoed.",
                *shown_by(exchange, connection),
                expected=_expected(exchange),
                actual=answered_with(exchange, connection),
                provisional=exchange.has_to_show_twice and not echoes,
                among=or_else(exchange, connection)
                | or_of_many(exchange, connection)
                | or_answered_again(connection),
                by_chance=exchange.by_chance and not echoes,
            )


@rule("S-ECHO-DATA", not_applicable_when=NO_ECHO)
def the_data_of_an_echo_equals_the_message(evidence: Evidence) -> Iterator[Observation]:
    """The `data` of an echo is the message as a JSON value.

    Numbers are compared as binary64, members in any order; true is not 1.
    """
    for connection, exchange in _echo_exchanges(evidence):
        for reply in exchange.replies:
            if not isinstance(reply.answer, Echo) or reply.answer.fault.startswith("it lacks"):
                continue
            if exchange.is_right(reply):
                yield satisfied(exchange.stimulus, reply.event)
            else:
                yield violated(
                    "The data of an echo is not the message that was sent.",
                    *shown_by(exchange, connection),
                    expected=_expected(exchange),
                    actual=quoted(reply.event.content),
                    among=or_told_to_all(exchange, connection),
                )


@rule("S-ECHO-FORM", not_applicable_when=NO_ECHO)
def an_echo_has_type_and_data_alone(evidence: Evidence) -> Iterator[Observation]:
    """Every echo is an object with the members `type` and `data` and no others.

    It is seen to be kept only in the echo that a message asked for: what a server sends anyhow
    answers nothing.
    """
    for connection, exchange in evidence.exchanges:
        for reply in exchange.replies:
            if not isinstance(reply.answer, Echo):
                continue
            if not reply.answer.fault:
                if exchange.is_right(reply):
                    yield satisfied(reply.event)
            else:
                yield violated(
                    f"An echo has the wrong members: {reply.answer.fault}.",
                    *shown_by(exchange, connection),
                    expected=_expected(exchange),
                    actual=quoted(reply.event.content),
                )


def _echo_exchanges(evidence: Evidence) -> Iterator[tuple[Connection, Exchange]]:
    return (
        (connection, exchange)
        for connection, exchange in evidence.exchanges
        if exchange.owed == "echo" and (exchange.replies or exchange.strain is None)
    )


def _expected(exchange: Exchange) -> str:
    return f'{{"type":"echo","data":{quoted(exchange.stimulus.content)}}}'
