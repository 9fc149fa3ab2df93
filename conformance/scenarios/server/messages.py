"""Everything a client may say: the contract's vectors first, then what Hypothesis draws.

Between these messages the explorer sets witnesses, so that an absent reply is seen without waiting
for it, and a surplus one is attributed to the message that caused it.
"""

# ruff: noqa: PLC0415 - only who draws loads Hypothesis, which takes a fifth of a second.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import spec
from conformance.messages.from_client import message, ping_holes
from conformance.messages.json_text import NotJson
from conformance.messages.limits import DEPTH
from conformance.scenarios.near_pings import near_pings
from conformance.scenarios.scenario import Boundary, Spoken, explored
from conformance.scenarios.spellings import ping_in_binary, spellings
from conformance.scenarios.step import Step
from spec.dialect.dialect import Dialect

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PROPER_REPLIES = (
    "S-PING-FORM",
    "S-PONG",
    "S-ECHO",
    "S-ECHO-DATA",
    "S-ECHO-FORM",
    "S-IGNORE-NOT-JSON",
    "S-ORDER",
    "S-VALID-OUTPUT",
)
"""What has to be in order before the reply to something extreme can tell anything."""


EDGES = (125, 65_535)
"""The most bytes that WebSocket says the length of in one way: seven bits, sixteen (RFC 6455, 5.2).

The other is the next below `SIZE` as well, and one byte more is said in another way.
"""


WRAPPINGS = range(21, 29)
"""How many bytes an echo may add to a text, as serializers put white space: mostly 23 or 25."""


LARGE_NUMBER = 1000
"""Numbers of drawn pings begin here: those of witnesses are smaller."""


def _vectors(file: str) -> Boundary:
    """The messages of one file of vectors; the deepest are among `nested_texts`."""

    def boundary() -> Sequence[Step]:
        said = [vector.message for vector in spec.vectors() if vector.file == file]
        return [text for text in said if text.count("[") + text.count("{") < DEPTH]

    return boundary


def nested_texts() -> Sequence[Step]:
    """The boundaries of depth: what must be handled, and what must do no harm."""
    depths = (DEPTH - 1, DEPTH, DEPTH + 1, 200, 500, 960, 1000, 5000, 100_000)
    return [
        text
        for depth in depths
        for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth)
    ]


def look_deep() -> Sequence[Step]:
    """Values that are not deep, to whoever counts brackets, or looks for them in strings, too."""
    brackets = "[{" * DEPTH
    beside = ",".join(["[]", "{}"] * DEPTH)
    return [f"[{beside}]", f'"{brackets}"', f'{{"a":"\\"{brackets}"}}']


def _sized(head: str, tail: str, size: int) -> str:
    return head + "a" * (size - len(head) - len(tail)) + tail


def values() -> Sequence[Step]:
    """Values of every kind, and texts of which the length, or that of the echo, is at an edge."""
    around = {edge - less for edge in EDGES for less in (*WRAPPINGS, -1, 0)}
    beyond = {edge + 1 - less for edge in EDGES for less in WRAPPINGS}
    sizes = sorted(around | beyond)
    texts = (_sized('"', '"', size) for size in sizes)
    return [*_vectors("values")(), *look_deep(), *texts]


def spelled_pings() -> Sequence[Step]:
    """Pings in every spelling, and such as have a length at the first edge."""
    sizes = (EDGES[0], EDGES[0] + 1)
    padded = (_sized('{"type":"ping","padding":"', '"}', size) for size in sizes)
    return [*_vectors("pings")(), *padded]


def _tells_pongs_apart(dialect: Dialect) -> bool:
    """Whether a second pong to a ping is told from one to what only resembles a ping.

    In the protocol an echo stands between them, and in another dialect the id tells. Where neither
    does, each is said by itself (`says_what_resembles_a_ping_by_itself`).
    """
    by_id = dialect.clients_are_answered and bool(dialect.copied)
    return dialect.is_protocol or (by_id and bool(near_pings(dialect)))


def _pings(dialect: Dialect) -> SearchStrategy[list[Step]]:
    from conformance.scenarios import message_strategies as strategies

    series = strategies.series(_spelled(dialect), most=strategies.MOST_STEPS // 2)
    return series.map(lambda steps: _each_number_once(steps, dialect))


def _each_number_once(steps: Sequence[Step], dialect: Dialect) -> list[Step]:
    """The same without pings that repeat the number of one before: whose a pong is, would be open.

    Pings without numbers are all alike, and stay.
    """
    found, numbers = [], set()
    for step in steps:
        number = ping_holes(step, dialect)
        if not number or str(number) not in numbers:
            found.append(step)
        numbers.add(str(number))
    return found


def _spelled(dialect: Dialect) -> SearchStrategy[Step]:
    from conformance.scenarios import message_strategies as strategies

    return strategies.pings_of(dialect, LARGE_NUMBER)


def _each_spelling(dialect: Dialect) -> list[Step]:
    ways = enumerate(spellings(dialect.ping), LARGE_NUMBER)
    return [spell(dialect.say_ping(number)) for number, spell in ways]


def _near(dialect: Dialect) -> SearchStrategy[list[Step]]:
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.any_of(near_pings(dialect)))


def _not_json(dialect: Dialect) -> SearchStrategy[list[Step]]:
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.texts_that_are_not_json_in(dialect))


def _binaries(dialect: Dialect) -> SearchStrategy[list[Step]]:
    from conformance.scenarios import message_strategies as strategies

    return strategies.few(strategies.binaries_with(ping_in_binary(dialect)), 2)


def _mixed(dialect: Dialect) -> SearchStrategy[list[Step]]:
    from conformance.scenarios import message_strategies as strategies

    near = strategies.any_of(near_pings(dialect))
    series = strategies.series(strategies.either(_spelled(dialect), near))
    return series.map(lambda steps: _each_number_once(steps, dialect))


def _said_as(dialect: Dialect, kind: type, texts: Sequence[Step]) -> list[Step]:
    """Those of some texts that are of a kind in a dialect."""
    return [text for text in texts if isinstance(message(text, dialect), kind)]


@explored(
    "S-PING-FORM",
    "S-PONG",
    "S-PONG-FORM",
    "S-ORDER",
    boundary=spelled_pings,
    spoken=Spoken(_pings, _each_spelling),
)
def pings_in_every_spelling() -> SearchStrategy[list[Step]]:
    """Pings with other white space, escapes, member order and further members."""
    from conformance.scenarios import message_strategies as strategies

    # Each is said twice.
    return strategies.series(strategies.pings(), most=strategies.MOST_STEPS // 2)


@explored(
    "S-PING-FORM",
    "S-ECHO",
    "S-ECHO-DATA",
    boundary=_vectors("near-pings"),
    spoken=Spoken(_near, near_pings),
    suits=_tells_pongs_apart,
)
def messages_that_resemble_pings() -> SearchStrategy[list[Step]]:
    """JSON that a careless server takes for a ping."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.near_pings())


@explored("S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM", "S-VALID-OUTPUT", boundary=values)
def json_values_of_every_kind() -> SearchStrategy[list[Step]]:
    """Objects, arrays, strings, numbers, booleans and null, nested and spelled in many ways."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.spellings(strategies.values()))


@explored(
    "S-IGNORE-NOT-JSON",
    boundary=_vectors("not-json"),
    spoken=Spoken(_not_json, lambda dialect: _said_as(dialect, NotJson, _vectors("not-json")())),
)
def texts_that_are_not_json() -> SearchStrategy[list[Step]]:
    """Text that is not RFC 8259 JSON, much of it nearly so."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.texts_that_are_not_json())


@explored(
    "S-BEYOND-IJSON",
    "S-VALID-OUTPUT",
    boundary=_vectors("beyond-i-json"),
    presupposes=PROPER_REPLIES,
)
def json_beyond_i_json() -> SearchStrategy[list[Step]]:
    """JSON text with numbers, strings or objects that I-JSON does not allow."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(strategies.texts_beyond_i_json())


@explored("S-DEPTH", boundary=nested_texts, presupposes=PROPER_REPLIES)
def deeply_nested_messages() -> SearchStrategy[list[Step]]:
    """Arrays and objects around arrays and objects, up to 100,000 of them."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.few(strategies.nested_texts(), 3)


@explored("S-BINARY", spoken=Spoken(_binaries, lambda dialect: [ping_in_binary(dialect), b""]))
def binary_messages() -> SearchStrategy[list[Step]]:
    """Binary messages, some of which would be pings as text."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.few(strategies.binaries(), 2)


@explored(
    "S-PONG",
    "S-ECHO",
    "S-ORDER",
    "S-IGNORE-NOT-JSON",
    "S-VALID-OUTPUT",
    spoken=Spoken(_mixed, lambda dialect: []),
    suits=_tells_pongs_apart,
)
def mixtures() -> SearchStrategy[list[Step]]:
    """Pings, business messages and text that is not JSON, in any order."""
    from conformance.scenarios import message_strategies as strategies

    return strategies.series(
        strategies.either(
            strategies.pings(),
            strategies.near_pings(),
            strategies.spellings(strategies.values(1)),
            strategies.texts_that_are_not_json(),
        )
    )
