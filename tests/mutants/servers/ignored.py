"""Servers that do not ignore what they should, or speak without being asked."""

import json
from dataclasses import replace
from itertools import cycle

from tests.mutants.behaviour import Behaviour, Close, Drop, Later, Pause, Reaction
from tests.mutants.compliant import PONG, echo_text, parse
from tests.mutants.mutant import mutant

SOONER_OR_LATER = (0.0, 0.0, 0.2, 0.7)
"""After how many seconds a handler comes to its end that died of a message: the second last is more
than it takes on an idle machine, the last more than any answer may take."""

ERROR = '{"type":"error","message":"not JSON"}'


@mutant("S-IGNORE-NOT-JSON")
def answers_bad_json_with_an_error(server: Behaviour) -> Behaviour:
    """Text that is not JSON gets a message that says so."""
    return replace(server, not_json=lambda text: [ERROR])


@mutant("S-IGNORE-NOT-JSON", manners=("queue",))
def answers_bad_json_with_a_pong(server: Behaviour) -> Behaviour:
    """Text that is not JSON gets a pong, as a sign that it arrived."""
    return replace(server, not_json=lambda text: [PONG])


@mutant("S-IGNORE-NOT-JSON", manners=("queue",))
def closes_on_bad_json(server: Behaviour) -> Behaviour:
    """Text that is not JSON ends the connection with 1007."""
    return replace(server, not_json=lambda text: [Close(1007, "not JSON")])


@mutant("S-IGNORE-NOT-JSON", manners=("queue",))
def restarts_over_bad_json(server: Behaviour) -> Behaviour:
    """Text that is not JSON ends the connection with the code of a server that restarts."""
    return replace(server, not_json=lambda text: [Close(1012)])


@mutant("S-IGNORE-NOT-JSON")
def echoes_bad_json_as_a_string(server: Behaviour) -> Behaviour:
    """Text that is not JSON comes back in an echo."""
    return replace(server, not_json=lambda text: [echo_text(text)])


@mutant("S-IGNORE-NOT-JSON", manners=("queue",))
def dies_of_empty_text(server: Behaviour) -> Behaviour:
    """An empty text message ends the connection without a Close."""
    return replace(server, not_json=lambda text: [] if text else [Drop()])


@mutant("S-IGNORE-NOT-JSON", manners=("queue", "no echo"))
def takes_nan_for_null(server: Behaviour) -> Behaviour:
    """``NaN`` and the infinities are read as null, so that messages with them are answered."""
    return replace(
        server, parse=lambda text: json.loads(text, parse_constant=lambda constant: None)
    )


@mutant("S-IGNORE-NOT-JSON")
def overlooks_a_byte_order_mark(server: Behaviour) -> Behaviour:
    """Text behind a byte order mark is read as JSON."""
    return replace(server, parse=lambda text: parse(text.removeprefix("\ufeff")))


@mutant("S-IGNORE-NOT-JSON")
def forgives_a_semicolon(server: Behaviour) -> Behaviour:
    """A text that ends as a statement does is read as JSON."""
    return replace(server, parse=lambda text: parse(text.removesuffix(";")))


@mutant("S-BINARY")
def answers_binary(server: Behaviour) -> Behaviour:
    """A binary message gets an echo."""
    return replace(server, binary=lambda data: [echo_text(data.hex())])


@mutant("S-BINARY", manners=("queue",))
def closes_on_binary_with_1011(server: Behaviour) -> Behaviour:
    """A binary message ends the connection with the code of a server at fault."""
    return replace(server, binary=lambda data: [Close(1011)])


@mutant("S-BINARY", manners=("queue", "no echo"))
def closes_on_binary_with_1002(server: Behaviour) -> Behaviour:
    """A binary message ends the connection with the code of a breach of RFC 6455."""
    return replace(server, binary=lambda data: [Close(1002, "binary")])


@mutant("S-BINARY", manners=("queue",))
def dies_of_binary(server: Behaviour) -> Behaviour:
    """A binary message ends the connection without a Close."""
    return replace(server, binary=lambda data: [Drop()])


@mutant("S-BINARY", manners=("queue", "no echo"))
def dies_of_binary_sooner_or_later(server: Behaviour) -> Behaviour:
    """A binary message ends the connection, at once or when the server gets to it."""
    waits = cycle(SOONER_OR_LATER)
    return replace(server, binary=lambda data: [Pause(next(waits)), Close(1011)])


@mutant("S-BINARY")
def takes_a_binary_ping_for_one(server: Behaviour) -> Behaviour:
    """A binary message with the bytes of a ping gets a pong."""
    return replace(server, binary=lambda data: [PONG] if b'"ping"' in data else [])


@mutant("S-BINARY", manners=("queue",))
def takes_binary_for_text(server: Behaviour) -> Behaviour:
    """Bytes are read as text: they get a pong, an echo, or a Close 1003 if they are not JSON."""
    return replace(server, binary=_answer_to_bytes)


@mutant("S-QUIET")
def greets_who_connects(server: Behaviour) -> Behaviour:
    """An echo that nobody asked for comes with every connection."""
    return replace(server, greeting=lambda _: [echo_text("welcome")])


@mutant("S-QUIET", manners=("queue", "no echo"))
def speaks_to_the_silent(server: Behaviour) -> Behaviour:
    """An echo that nobody asked for comes after half of the timeout."""
    text = '{"type":"echo","data":"Are you still there?"}'
    return replace(server, greeting=lambda talk: [Later(talk.timing.heartbeat_timeout / 2, text)])


def _answer_to_bytes(data: bytes) -> Reaction:
    try:
        value = json.loads(data)
    except ValueError:
        return [Close(1003)]
    if isinstance(value, dict) and value.get("type") == "ping":
        return [PONG]
    return [echo_text(value)]
