"""What a client cannot use and has to bear, in the dialect that is spoken (C-TOLERATE)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import spec
from conformance.messages.from_server import is_pong, server_ping
from conformance.messages.json_text import NotJson, parse
from conformance.messages.limits import SIZE
from conformance.messages.numbers import OTHER_NUMBER
from conformance.scenarios.near_pings import near_pongs
from conformance.scenarios.step import Step
from spec.dialect.dialect import Burden, Dialect

OF_NO_USE: tuple[Step, ...] = ("hello", '{"type":"news"}', b"\x00", "[1]")
"""Four kinds of it."""

NEWS: tuple[Step, ...] = ('{"type":"news"}', "news", b"\x00news")

FILES = ("not-json", "near-pings", "values")
"""The vectors that are of no use to a client."""

HUGE = '{"type":"news","text":"'

DEPTH = 200
"""How deep the deepest messages are nested: what is too deep for a client it cannot use, either."""

DEEP = ("[" * DEPTH + "]" * DEPTH, '{"a":' * DEPTH + "0" + "}" * DEPTH)

OTHERS: tuple[Step, ...] = (
    *(f'{{"type":"news","data":{deep}}}' for deep in DEEP),
    *DEEP,
    '{"type":"echo","data":{"not":"asked for"}}',
    '{"type":"echo"}',
    '{"type":"fanfare"}',
    '{"type":null}',
    '{"type":{"type":"pong"}}',
    "{}",
    "",
    "NaN",
)

NAMES_OF_ITS_OWN = ("error", "open", "message", "close", "constructor", "__proto__")
"""Types that are names to a client itself: of its events, of what every object in JavaScript has.

Who makes an event of each message dies of an `error` that nobody listens to, and comes back from a
`close` that was none.
"""

EMPTY: tuple[Step, ...] = (b"", b"\x00\xff")


def bears_any(dialect: Dialect) -> bool:
    """Whether there is anything that a client has to bear, asked-for pongs aside."""
    return any(dialect.bears(kind) for kind in ("json", "not_json", "binary"))


def bears_pongs(dialect: Dialect) -> bool:
    """Whether a client has to bear a pong that it did not ask for."""
    return dialect.bears("pongs") and dialect.clients_are_answered


def of_no_use(dialect: Dialect) -> Sequence[Step]:
    """A few messages that a client cannot use."""
    return borne(OF_NO_USE, dialect)


def talk_of(dialect: Dialect, *, pongs: bool = True) -> Sequence[Step]:
    """What a talkative server says, one after the other, and again; pongs among it, or none."""
    if dialect.is_protocol:
        return (
            '{"type":"news"}',
            '{"type":"echo","data":{"order":17}}',
            unasked_pong(dialect),
            '{"type":"ping"}',
            b"\x00news",
        )
    unasked = [unasked_pong(dialect)] if pongs and bears_pongs(dialect) else []
    return [*borne(NEWS, dialect), *unasked]


def unasked_pong(dialect: Dialect) -> str:
    """A pong to no ping of the client."""
    return dialect.say_pong(dict.fromkeys(dialect.copied, OTHER_NUMBER))


def pongs_unasked(dialect: Dialect) -> Sequence[Step]:
    """The same, if its servers say pongs at all."""
    return () if dialect.pong is None else (unasked_pong(dialect),)


def borne(messages: Sequence[Step], dialect: Dialect) -> Sequence[Step]:
    """Those that a client of a dialect has to bear, and does not take for something else."""
    if dialect.is_protocol:
        return messages
    return [each for each in messages if _is_borne(each, dialect)]


def _is_borne(message: Step, dialect: Dialect) -> bool:
    kind: Burden = "binary"
    if isinstance(message, str):
        if is_pong(message, dialect):
            return bears_pongs(dialect)
        if dialect.server_pings and server_ping(message, dialect) is not None:
            return False
        kind = "not_json" if isinstance(parse(message), NotJson) else "json"
    return dialect.bears(kind)


def everything(dialect: Dialect) -> Sequence[Step]:
    """What everybody should have tried, the vectors of the contract included."""
    vectors = [vector.message for vector in spec.vectors() if vector.file in FILES]
    texts = [text for text in vectors if len(text) <= SIZE]
    if dialect.is_protocol:
        return [*_of_the_protocol(dialect), *texts]
    pongs: list[Step] = []
    if dialect.pong is not None:
        pong = unasked_pong(dialect)
        pongs = [pong, *near_pongs(dialect), pong.encode()]
    said = [*pongs, *_answers(dialect), *OTHERS, *EMPTY, *texts]
    return list(dict.fromkeys(borne(said, dialect)))


def _of_the_protocol(dialect: Dialect) -> Iterator[Step]:
    pong, filler = unasked_pong(dialect), SIZE - len(HUGE) - 2
    yield from (pong, '{"type":"pong","id":1}', '{"type":"ping"}', *OTHERS)
    yield from (json.dumps({"type": name}) for name in NAMES_OF_ITS_OWN)
    yield from (f'{HUGE}{"a" * filler}"}}', "a" * SIZE, *EMPTY, pong.encode())


def _answers(dialect: Dialect) -> Iterator[str]:
    """Answers to questions that a client did not ask, and its own pings."""
    ping = dialect.say_ping(OTHER_NUMBER, is_shown=True)
    yield from (ping, json.dumps([ping]))
