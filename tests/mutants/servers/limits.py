"""Servers that fail at what is beyond I-JSON, at depth or at size."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from tests.mutants.behaviour import Action, Behaviour, Close, Drop, Pause
from tests.mutants.compliant import PONG, echo, echo_text, is_ping, parse
from tests.mutants.mutant import mutant

ROOM = 96 * 1024


@mutant("S-BEYOND-IJSON", manners=("queue",))
def closes_on_infinity_with_1011(server: Behaviour) -> Behaviour:
    """A number beyond binary64 ends the connection with the code of a server at fault."""
    return _echoing(server, lambda data: data in (math.inf, -math.inf), Close(1011))


@mutant("S-BEYOND-IJSON", manners=("queue",))
def dies_of_a_lone_surrogate(server: Behaviour) -> Behaviour:
    """A string that UTF-8 cannot say ends the connection without a Close."""
    return _echoing(server, has_surrogate, Drop())


@mutant("S-BEYOND-IJSON", manners=("queue", "no echo"))
def dies_of_a_name_that_comes_twice(server: Behaviour) -> Behaviour:
    """An object with a member name twice ends the connection without a Close."""
    return replace(
        server,
        parse=parse_once,
        not_json=lambda text: [Drop()] if _has_a_name_twice(text) else [],
    )


@mutant("S-BEYOND-IJSON", manners=("queue", "no echo"))
def closes_on_a_long_integer_with_1011(server: Behaviour) -> Behaviour:
    """An integer of more digits than Python reads ends the connection as a fault of the server."""
    return replace(server, not_json=lambda text: [Close(1011)] if _is_long_integer(text) else [])


@mutant("S-BEYOND-IJSON")
def answers_infinity_with_a_pong(server: Behaviour) -> Behaviour:
    """A number beyond binary64 gets a pong."""
    return _echoing(server, lambda data: data in (math.inf, -math.inf), PONG)


@mutant("S-BEYOND-IJSON")
def echoes_twice_what_holds_a_lone_surrogate(server: Behaviour) -> Behaviour:
    """A string that UTF-8 cannot say gets two echoes."""
    twice = [echo_text("?"), echo_text("?")]
    return replace(
        server, echo=lambda talk, data: twice if has_surrogate(data) else echo(talk, data)
    )


@mutant("S-DEPTH")
def ignores_nesting_beyond_thirty(server: Behaviour) -> Behaviour:
    """A message of thirty-one or more levels gets no answer."""

    def parse_what_is_shallow(text: str) -> object:
        value = parse(text)
        if _depth(value) > 30:
            raise ValueError("too deep")
        return value

    return replace(server, parse=parse_what_is_shallow)


@mutant("S-DEPTH", manners=("queue",))
def closes_on_deep_nesting_with_1011(server: Behaviour) -> Behaviour:
    """What is too deep to be parsed ends the connection with the code of a server at fault."""
    return replace(
        server,
        not_json=lambda text: [Close(1011)] if text.startswith(("[" * 1000, '{"' * 1000)) else [],
    )


@mutant("S-DEPTH", manners=("queue", "no echo"))
def walks_through_deep_nesting_for_ever(server: Behaviour) -> Behaviour:
    """What is too deep to be parsed keeps its connection busy for a minute."""
    return replace(server, not_json=lambda text: [Pause(60.0)] if _is_very_deep(text) else [])


@mutant("S-DEPTH")
def walks_through_deep_nesting_for_seconds(server: Behaviour) -> Behaviour:
    """The same for a while, after which all is answered that came meanwhile."""
    return replace(server, not_json=lambda text: [Pause(2.5)] if _is_very_deep(text) else [])


@mutant("S-DEPTH")
def answers_deep_nesting_with_a_pong(server: Behaviour) -> Behaviour:
    """What is too deep to be parsed gets a pong."""
    return replace(
        server,
        not_json=lambda text: [PONG] if text.startswith(("[" * 1000, '{"' * 1000)) else [],
    )


@mutant("S-SIZE", manners=("queue",))
def takes_no_more_than_32_kib(server: Behaviour) -> Behaviour:
    """A text of 64 KiB is closed with 1009."""
    return replace(server, limit=2**15)


@mutant("S-SIZE")
def loses_what_fills_a_length_of_two_bytes(server: Behaviour) -> Behaviour:
    """A text of 65,535 bytes is ignored; one byte more or less is not."""

    def parse_what_comes_in(text: str) -> object:
        if len(text) == 2**16 - 1:
            raise ValueError("lost")
        return parse(text)

    return replace(server, parse=parse_what_comes_in)


@mutant("S-SIZE")
def echoes_a_ping_of_64_kib(server: Behaviour) -> Behaviour:
    """What is large is taken for business without a look at its type."""
    return replace(server, is_ping=lambda value, text: is_ping(value) and len(text) < 2**16)


@mutant("S-SIZE")
def takes_what_is_large_for_a_ping(server: Behaviour) -> Behaviour:
    """A text of 64 KiB gets a pong, whatever it says."""
    return replace(server, is_ping=lambda value, text: is_ping(value) or len(text) >= 2**16)


@mutant("S-SIZE", manners=("queue",))
def measures_a_text_by_its_echo(server: Behaviour) -> Behaviour:
    """What is more than 64 KiB once its characters are escaped is closed with 1009."""
    return replace(
        server,
        echo=lambda talk, data: (
            [Close(1009)] if len(echo_text(data)) > 2**16 + 2**6 else echo(talk, data)
        ),
    )


@mutant("S-SIZE", manners=("no echo",))
def loses_what_takes_more_room_in_ascii(server: Behaviour) -> Behaviour:
    """A text that is longer than 96 KiB as Python's ``ascii`` has it is ignored."""

    def parse_what_fits(text: str) -> object:
        if len(text) <= 2**16 and len(ascii(text)) > ROOM:
            raise ValueError("too long")
        return parse(text)

    return replace(server, parse=parse_what_fits)


@mutant("S-SIZE", manners=("queue",))
def closes_on_size_with_1008(server: Behaviour) -> Behaviour:
    """A message over the limit of 1 MiB is closed with another code than 1009."""

    def parse_what_is_small(text: str) -> object:
        if len(text) > 2**20:
            raise ValueError("too big")
        return parse(text)

    return replace(
        server,
        limit=None,
        parse=parse_what_is_small,
        not_json=lambda text: [Close(1008)] if len(text) > 2**20 else [],
    )


def parse_once(text: str) -> object:
    """Return the value of a JSON text in which no object has a member name twice."""
    if _has_a_name_twice(text):
        raise ValueError("a name comes twice")
    return parse(text)


def _has_a_name_twice(text: str) -> bool:
    found = False

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal found
        found |= len(dict(pairs)) < len(pairs)
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        json.loads(text, object_pairs_hook=look)
    return found


def _is_very_deep(text: str) -> bool:
    return len(text) > 3 * 2**14 and text.startswith(("[" * 1000, '{"a":' * 1000))


def _is_long_integer(text: str) -> bool:
    return len(text) > 4300 and text.strip().removeprefix("-").isdigit()


def _echoing(server: Behaviour, unless: Callable[[object], bool], action: Action) -> Behaviour:
    return replace(server, echo=lambda talk, data: [action] if unless(data) else echo(talk, data))


def has_surrogate(data: object) -> bool:
    """Whether a value is a string that UTF-8 cannot say."""
    return isinstance(data, str) and any("\ud800" <= char <= "\udfff" for char in data)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
