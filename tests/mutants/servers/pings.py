"""Servers that know a ping, or answer it, wrongly."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Conversation, Reaction
from tests.mutants.compliant import PONG, echo_text, is_ping
from tests.mutants.mutant import mutant

FEW = 100
LONG = 1024


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def takes_whatever_mentions_ping_for_one(server: Behaviour) -> Behaviour:
    """Every JSON text with the string ``ping`` somewhere in it is a ping."""
    return replace(server, is_ping=lambda value, text: '"ping"' in text or is_ping(value))


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def knows_a_ping_by_its_usual_spelling_alone(server: Behaviour) -> Behaviour:
    """The text is compared, not the value."""
    usual = ('{"type":"ping"}', '{"type": "ping"}')
    return replace(server, is_ping=lambda value, text: text in usual)


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def takes_a_ping_in_capitals_for_one(server: Behaviour) -> Behaviour:
    """The type is compared without regard to case."""
    return replace(server, is_ping=lambda value, text: _type(value).lower() == "ping")


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def takes_a_ping_between_blanks_for_one(server: Behaviour) -> Behaviour:
    """The type is stripped of white space before it is compared."""
    return replace(server, is_ping=lambda value, text: _type(value).strip() == "ping")


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def echoes_a_ping_with_further_members(server: Behaviour) -> Behaviour:
    """Only an object with the member ``type`` alone is a ping."""
    return replace(server, is_ping=lambda value, text: value == {"type": "ping"})


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def echoes_a_ping_with_escapes(server: Behaviour) -> Behaviour:
    """A ping with an escape in its text is not recognised."""
    return replace(server, is_ping=lambda value, text: is_ping(value) and "\\" not in text)


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def takes_an_array_of_a_ping_for_one(server: Behaviour) -> Behaviour:
    """A ping inside an array is a ping."""

    def somewhere(value: object, _: str) -> bool:
        return is_ping(value) or (isinstance(value, list) and any(map(is_ping, value)))

    return replace(server, is_ping=somewhere)


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def takes_every_object_for_a_ping(server: Behaviour) -> Behaviour:
    """It asks whether a message is an object, and no more."""
    return replace(server, is_ping=lambda value, text: isinstance(value, dict))


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def answers_every_object_with_a_pong(server: Behaviour) -> Behaviour:
    """The same, but only a ping restarts the clock."""

    def answer(_: Conversation, data: object) -> Reaction:
        return [PONG if isinstance(data, dict) else echo_text(data)]

    return replace(server, echo=answer)


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def says_to_every_object_that_it_came(server: Behaviour) -> Behaviour:
    """An object gets a pong, and its echo after that."""

    def answer(_: Conversation, data: object) -> Reaction:
        return [*([PONG] if isinstance(data, dict) else []), echo_text(data)]

    return replace(server, echo=answer)


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def says_after_every_echo_that_all_is_well(server: Behaviour) -> Behaviour:
    """Whatever is JSON gets its echo, and a pong after that."""
    return replace(server, echo=lambda talk, data: [echo_text(data), PONG])


@mutant("S-PING-FORM", manners=("queue", "no echo"))
def answers_whatever_is_json_with_a_pong(server: Behaviour) -> Behaviour:
    """There are no echoes."""
    return replace(server, echo=lambda talk, data: [PONG])


@mutant("S-PING-FORM")
def takes_an_event_called_ping_for_one(server: Behaviour) -> Behaviour:
    """The word may stand in the member ``event`` as well."""
    return replace(
        server,
        is_ping=lambda value, _: (
            is_ping(value) or (isinstance(value, dict) and value.get("event") == "ping")
        ),
    )


@mutant("S-PING-FORM")
def echoes_a_ping_of_more_than_a_kib(server: Behaviour) -> Behaviour:
    """What is long is taken for business without a look at its type."""
    return replace(server, is_ping=lambda value, text: is_ping(value) and len(text) <= LONG)


@mutant("S-PONG")
def answers_every_ping_twice(server: Behaviour) -> Behaviour:
    """Every ping gets two pongs."""
    return replace(server, pong=lambda _: [PONG, PONG])


@mutant("S-PONG")
def answers_only_the_first_ping(server: Behaviour) -> Behaviour:
    """The first ping of a connection gets its pong, the others get none."""
    return replace(server, pong=lambda talk: [PONG] if talk.pings == 1 else [])


@mutant("S-PONG", manners=("no echo",))
def does_not_answer_every_tenth_ping(server: Behaviour) -> Behaviour:
    """Of ten pings on a connection the last gets no pong."""
    return replace(server, pong=lambda talk: [PONG] if talk.pings % 10 else [])


@mutant(
    "S-PONG",
    manners=("queue", "no echo"),
)
def drops_pongs_while_a_close_is_unanswered(server: Behaviour) -> Behaviour:
    """While a peer leaves the heartbeat close unanswered, the pings of others get nothing."""
    closing = [0]

    @asynccontextmanager
    async def counted(_: Conversation) -> AsyncIterator[None]:
        closing[0] += 1
        try:
            yield
        finally:
            closing[0] -= 1

    return replace(server, turn=counted, pong=lambda talk: [] if closing[0] else server.pong(talk))


@mutant("S-PONG")
def echoes_every_ping(server: Behaviour) -> Behaviour:
    """A ping is answered like a business message, though it restarts the clock."""
    return replace(server, pong=lambda _: [echo_text({"type": "ping"})])


@mutant("S-PONG-FORM")
def adds_the_time_to_the_pong(server: Behaviour) -> Behaviour:
    """The pong has a further member."""
    return replace(server, pong=lambda _: ['{"type":"pong","time":1700000000}'])


@mutant("S-PONG-FORM")
def numbers_the_pongs(server: Behaviour) -> Behaviour:
    """Every pong but the first of a connection has a further member."""
    return replace(
        server,
        pong=lambda talk: [PONG if talk.pings == 1 else f'{{"type":"pong","number":{talk.pings}}}'],
    )


@mutant("S-PONG-FORM")
def copies_the_nonce_of_a_ping(server: Behaviour) -> Behaviour:
    """The pong has the member ``nonce`` where the ping had it."""
    copied: dict[str, object] = {}

    def noting_its_nonce(value: object, _: str) -> bool:
        copied.clear()
        if isinstance(value, dict) and "nonce" in value:
            copied["nonce"] = value["nonce"]
        return is_ping(value)

    return replace(
        server,
        is_ping=noting_its_nonce,
        pong=lambda _: [json.dumps({"type": "pong", **copied})],
    )


@mutant("S-VALID-OUTPUT")
def shouts_its_pongs(server: Behaviour) -> Behaviour:
    """A ping is answered with the type ``PONG``, which the protocol does not have."""
    return replace(server, pong=lambda _: ['{"type":"PONG"}'])


@mutant("S-BURST")
def drops_pings_beyond_a_hundred_in_a_row(server: Behaviour) -> Behaviour:
    """Of a long row of pings with nothing in between only the first hundred are answered."""
    return replace(server, pong=lambda talk: [PONG] if talk.pings_in_a_row <= FEW else [])


def _type(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""
