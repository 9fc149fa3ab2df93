"""Clients that cannot bear what they are sent, or that leave for no reason."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.mutants.clients.behaviour import Answer, Behaviour, Close, Drop, Frozen, Life
from tests.mutants.clients.compliant import parse
from tests.mutants.clients.mutant import mutant

DEEPEST = 100
MODEST = 16_384
UNHEARD = "who gives up after a message seems to have heard no pong since"


class Killed(Exception):
    """What a client does not catch."""


@mutant("C-TOLERATE")
def dies_of_text_that_is_not_json(client: Behaviour) -> Behaviour:
    """Parses text without a guard."""

    def unguarded(message: str | bytes) -> object:
        return json.loads(message) if isinstance(message, str) else None

    return replace(client, parse=unguarded)


@mutant("C-TOLERATE")
def dies_of_nan(client: Behaviour) -> Behaviour:
    """Takes what it is sent for JSON that a number can be read from."""
    return _dying_of(client, lambda message: "NaN" in str(message))


@mutant("C-TOLERATE")
def dies_of_a_binary_message(client: Behaviour) -> Behaviour:
    """Expects text, and nothing else."""
    return _dying_of(client, lambda message: isinstance(message, bytes))


@mutant("C-TOLERATE")
def dies_of_an_array(client: Behaviour) -> Behaviour:
    """Looks for a member in whatever JSON it is sent."""
    return _dying_of(client, lambda message: isinstance(parse(message), list))


@mutant("C-TOLERATE")
def dies_of_null(client: Behaviour) -> Behaviour:
    """Looks for a member in null."""
    return _dying_of(client, lambda message: str(message).strip() == "null")


@mutant("C-TOLERATE")
def dies_of_an_unknown_type(client: Behaviour) -> Behaviour:
    """Has a table of the types that it knows."""

    def is_unknown(message: str | bytes) -> bool:
        value = parse(message)
        return isinstance(value, dict) and value.get("type") not in ("pong", "ping", "echo")

    return _dying_of(client, is_unknown)


@mutant("C-TOLERATE")
def dies_of_json_that_is_nested_deep(client: Behaviour) -> Behaviour:
    """Walks through what it is sent, and not further than a hundred levels down."""
    return _dying_of(client, lambda message: _depth(parse(message)) > DEEPEST)


@mutant("C-TOLERATE")
def dies_of_an_error(client: Behaviour) -> Behaviour:
    """Makes an event of each message, named as its type, and nobody listens to errors."""

    def parse(message: str | bytes) -> object:
        value = client.parse(message)
        if isinstance(value, dict) and value.get("type") == "error":
            raise ValueError
        return value

    return replace(client, parse=parse)


@mutant("C-TOLERATE")
def takes_a_message_for_the_end_of_its_connection(client: Behaviour) -> Behaviour:
    """Makes an event of each message, too, and leaves a connection when it hears of its close."""

    def answers(life: Life, value: object) -> Sequence[Answer]:
        if isinstance(value, dict) and value.get("type") == "close":
            return [Close(1000)]
        return client.answers(life, value)

    return replace(client, answers=answers)


@mutant("C-TOLERATE")
def dies_of_an_echo(client: Behaviour) -> Behaviour:
    """Looks up what an echo answers, and finds nothing."""

    def is_echo(message: str | bytes) -> bool:
        value = parse(message)
        return isinstance(value, dict) and value.get("type") == "echo"

    return _dying_of(client, is_echo)


@mutant("C-TOLERATE")
def closes_on_a_large_text(client: Behaviour) -> Behaviour:
    """Takes no message of more than 16 KiB."""
    return replace(client, largest=MODEST)


@mutant("C-TOLERATE")
def closes_on_a_binary_message(client: Behaviour) -> Behaviour:
    """Ends the connection with 1003, as a server may."""

    def marked(message: str | bytes) -> object:
        return message if isinstance(message, bytes) else parse(message)

    def offended(life: Life, value: object) -> Sequence[Answer]:
        return [Close(1003)] if isinstance(value, bytes) else client.answers(life, value)

    return replace(client, parse=marked, answers=offended)


@mutant("C-TOLERATE")
def hangs_on_text_that_is_not_json(client: Behaviour) -> Behaviour:
    """Keeps the connection, but does nothing any more."""

    def hanging(message: str | bytes) -> object:
        value = parse(message)
        if value is None and isinstance(message, str) and message.strip() != "null":
            raise Frozen
        return value

    return replace(client, parse=hanging)


@mutant("C-STAY")
def takes_a_new_connection_for_a_new_token(client: Behaviour) -> Behaviour:
    """Ends its connection when its token is too old, whatever is going on on it just then."""
    return replace(
        client,
        leaves=lambda life: 1.92 * life.timing.heartbeat_interval,
        leaves_with=Close(1000, "token"),
    )


@mutant("C-STAY")
def leaves_after_some_pings(client: Behaviour) -> Behaviour:
    """Closes a connection that is well, and opens another one."""
    return replace(client, leaves=lambda life: 3.4 * life.timing.heartbeat_interval)


@mutant("C-STAY")
def drops_connections_that_are_well(client: Behaviour) -> Behaviour:
    """Ends a connection that is well, without a Close."""
    return replace(
        client, leaves=lambda life: 3.4 * life.timing.heartbeat_interval, leaves_with=Drop()
    )


@mutant("C-STAY", also={"C-TOLERATE": UNHEARD})
def holds_a_connection_to_the_clock_of_pings(client: Behaviour) -> Behaviour:
    """Gives up a connection when the last pong is old, though the next ping is not yet due."""
    return replace(
        client,
        leaves=lambda life: life.timing.heartbeat_interval * 1.4,
        leaves_with=Close(4000, "stale"),
    )


def _depth(value: object) -> int:
    """How deep a value is nested."""
    depth, level = 0, [value]
    while level := [
        part
        for each in level
        if isinstance(each, (dict, list))
        for part in ([*each.values()] if isinstance(each, dict) else each)
    ]:
        depth += 1
    return depth


def _dying_of(client: Behaviour, deadly: Callable[[str | bytes], bool]) -> Behaviour:
    def guarded(message: str | bytes) -> object:
        if deadly(message):
            raise Killed(str(message)[:40])
        return parse(message)

    return replace(client, parse=guarded)
