"""Servers that reply too late, in the wrong order, or in no form that the protocol has."""

import json
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Conversation, Later, Reaction
from tests.mutants.compliant import PONG, echo
from tests.mutants.mutant import mutant

LARGE = 2**15
SMALL = 1024
COLLECTS = 0.01  # seconds
SOME = 40
OVERTAKEN = {"S-ORDER": "what is answered at once overtakes what is answered late"}


@mutant("S-REPLY-SOON", manners=("queue",))
def answers_everything_late(server: Behaviour) -> Behaviour:
    """Pongs and echoes come after the deadline, in order."""
    return replace(server, pong=_pong_late, echo=_echo_late)


@mutant("S-REPLY-SOON", also=OVERTAKEN)
def answers_pings_late(server: Behaviour) -> Behaviour:
    """Pongs come after the deadline, echoes at once."""
    return replace(server, pong=_pong_late)


@mutant("S-REPLY-SOON", also=OVERTAKEN)
def answers_pings_the_later_the_more_came(server: Behaviour) -> Behaviour:
    """Each pong waits longer than the one before, until it is late; echoes come at once."""
    return replace(server, pong=lambda talk: [Later(_late(talk) * min(talk.pings / SOME, 1), PONG)])


@mutant("S-REPLY-SOON", also=OVERTAKEN)
def echoes_late(server: Behaviour) -> Behaviour:
    """Echoes come after the deadline, pongs at once."""
    return replace(server, echo=_echo_late)


@mutant("S-ORDER")
def answers_pings_before_what_came_earlier(server: Behaviour) -> Behaviour:
    """An echo waits a moment, so that the pongs of later pings come before it."""
    return replace(
        server,
        echo=lambda talk, data: _after(talk.timing.reply_deadline / 10, echo(talk, data)),
    )


@mutant("S-ORDER")
def answers_short_messages_first(server: Behaviour) -> Behaviour:
    """An echo waits the longer the longer it is, though never too long."""

    def echo_by_length(talk: Conversation, data: object) -> Reaction:
        reply = echo(talk, data)
        length = min(sum(len(text) for text in reply if isinstance(text, str)), 400)
        return _after(talk.timing.reply_deadline / 4 * length / 400, reply)

    return replace(server, echo=echo_by_length)


@mutant("S-ORDER")
def lets_others_overtake_a_large_echo(server: Behaviour) -> Behaviour:
    """An echo of 64 KiB waits a moment, so that later replies come before it."""

    def echo_by_size(talk: Conversation, data: object) -> Reaction:
        reply = echo(talk, data)
        is_large = any(len(text) > LARGE for text in reply if isinstance(text, str))
        return _after(talk.timing.reply_deadline / 10, reply) if is_large else reply

    return replace(server, echo=echo_by_size)


@mutant("S-ORDER", manners=("queue",))
def sends_large_echoes_at_once(server: Behaviour) -> Behaviour:
    """Replies are collected for 10 ms, but for those that are too large to gain by it."""

    def echo_by_size(talk: Conversation, data: object) -> Reaction:
        reply = echo(talk, data)
        is_large = any(len(text) > LARGE for text in reply if isinstance(text, str))
        return reply if is_large else _after(COLLECTS, reply)

    return replace(server, pong=lambda _: [Later(COLLECTS, PONG)], echo=echo_by_size)


@mutant("S-ORDER")
def lets_small_echoes_wait_for_each_other(server: Behaviour) -> Behaviour:
    """Echoes of less than a kilobyte are collected for 10 ms; neither larger ones nor pongs are."""

    def echo_by_size(talk: Conversation, data: object) -> Reaction:
        reply = echo(talk, data)
        is_small = all(len(text) < SMALL for text in reply if isinstance(text, str))
        return _after(COLLECTS, reply) if is_small else reply

    return replace(server, echo=echo_by_size)


@mutant("S-VALID-OUTPUT")
def echoes_in_binary_messages(server: Behaviour) -> Behaviour:
    """An echo is sent as a binary message."""
    return replace(server, echo=lambda talk, data: [text.encode() for text in _texts(talk, data)])


@mutant("S-VALID-OUTPUT")
def echoes_in_the_notation_of_python(server: Behaviour) -> Behaviour:
    """An echo is written as Python writes a dictionary, in single quotes."""
    return replace(server, echo=lambda _, data: [ascii({"type": "echo", "data": data})])


@mutant("S-VALID-OUTPUT")
def ends_its_echoes_with_a_comma(server: Behaviour) -> Behaviour:
    """An echo has a comma before its last brace."""
    return replace(
        server, echo=lambda talk, data: [text[:-1] + ",}" for text in _texts(talk, data)]
    )


@mutant("S-VALID-OUTPUT")
def writes_infinity_as_python_does(server: Behaviour) -> Behaviour:
    """The echo of 1e400 says ``Infinity``, which is not JSON."""
    return replace(server, echo=lambda _, data: [json.dumps({"type": "echo", "data": data})])


def _pong_late(talk: Conversation) -> Reaction:
    return [Later(_late(talk), PONG)]


def _echo_late(talk: Conversation, data: object) -> Reaction:
    return _after(_late(talk), echo(talk, data))


def _late(talk: Conversation) -> float:
    return talk.timing.reply_deadline + 3 * talk.timing.tolerance


def _after(seconds: float, reply: Reaction) -> Reaction:
    return [Later(seconds, text) for text in reply if isinstance(text, str)]


def _texts(talk: Conversation, data: object) -> list[str]:
    return [text for text in echo(talk, data) if isinstance(text, str)]
