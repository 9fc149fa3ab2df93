"""Hypothesis strategies for what clients say, tested against the contract's schemas.

They are flat tagged unions with bounded recursion, which draw several times faster than
`st.recursive`. What lies at a boundary is not left to luck: it stands in `spec/vectors/`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.messages.from_client import message
from conformance.messages.json_text import NotJson
from conformance.messages.limits import LARGEST_INTEGER
from conformance.scenarios.spellings import spellings as ways_to_spell
from conformance.scenarios.step import Step
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

T = TypeVar("T")

FEWEST_STEPS = 2


MOST_STEPS = 20
"""How many messages an example has: enough of them to make a round trip worth while."""

NESTED = 3
"""How many containers deep drawn values are; the boundary of depth stands in the vectors."""


WIDE = 4


def series(of: SearchStrategy[Step], most: int = MOST_STEPS) -> SearchStrategy[list[Step]]:
    """Examples of the usual length."""
    return st.lists(of, min_size=FEWEST_STEPS, max_size=most)


def few(of: SearchStrategy[Step], most: int) -> SearchStrategy[list[Step]]:
    """Examples that are no longer than is said, of what is extreme."""
    return st.lists(of, min_size=1, max_size=most)


def any_of(steps: Sequence[Step]) -> SearchStrategy[Step]:
    """One of several messages."""
    return st.sampled_from(steps)


def either(*kinds: SearchStrategy[T]) -> SearchStrategy[T]:
    """A message of one of several kinds."""
    return st.one_of(*kinds)


CHARACTERS = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[
        *map(chr, range(0xFDD0, 0xFDF0)),
        *(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
    ],
)
"""Unicode scalar values without noncharacters (RFC 7493, section 2.1).

Of few ranges: unassigned ones are left in, because whether a character lies in one of hundreds of
ranges is half of what drawing a text would cost. What no text has is named by its category: to find
out what a codec has takes Hypothesis longer than to draw all the rest, once on each machine.
"""


def texts(longest: int = 20) -> SearchStrategy[str]:
    """Strings that I-JSON keeps (RFC 7493, section 2.1)."""
    return st.text(CHARACTERS, max_size=longest)


def numbers() -> SearchStrategy[int | float]:
    """Numbers that I-JSON keeps (RFC 7493, section 2.2)."""
    return st.one_of(
        st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
        st.floats(allow_nan=False, allow_infinity=False),
    )


def scalars() -> SearchStrategy[Any]:
    """JSON values that hold no others."""
    return st.one_of(st.none(), st.booleans(), numbers(), texts())


def values(depth: int = NESTED) -> SearchStrategy[Any]:
    """I-JSON values of every kind, nested up to `depth` containers."""
    if depth == 0:
        return scalars()
    inner = values(depth - 1)
    return st.one_of(
        scalars(),
        st.lists(inner, max_size=WIDE),
        st.dictionaries(texts(8), inner, max_size=WIDE),
    )


def spellings(of: SearchStrategy[Any]) -> SearchStrategy[str]:
    """Texts of JSON values, in one of several spellings: spaced, indented, escaped or not."""
    return st.builds(
        _spelled,
        of,
        st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r\n ")]),
        st.booleans(),
    )


def _spelled(value: Any, separators: tuple[str, str], escaped: bool) -> str:
    return json.dumps(value, separators=separators, ensure_ascii=escaped)


def pings() -> SearchStrategy[str]:
    """Texts of pings with further members, in any order and spelling (S-PING-FORM)."""
    further = st.dictionaries(texts(8).filter(lambda name: name != "type"), values(1), max_size=3)
    return spellings(st.builds(_with_type, further, st.integers(0, 3)))


def _with_type(further: dict[str, Any], place: int) -> dict[str, Any]:
    members = list(further.items())
    members.insert(place, ("type", "ping"))
    return dict(members)


def near_pings() -> SearchStrategy[str]:
    """Texts of JSON values that resemble pings and are none (S-PING-FORM)."""
    kinds = st.one_of(
        st.sampled_from(["Ping", "PING", "ping ", " ping", "pin", "pings", "pong", "p\u0131ng"]),
        values(1),
    ).filter(lambda kind: kind != "ping")
    return spellings(
        st.one_of(
            st.builds(lambda kind: {"type": kind}, kinds),
            st.builds(lambda kind: [{"type": "ping"}, kind], kinds),
            st.builds(lambda name: {name: "ping"}, texts(8).filter(lambda name: name != "type")),
            st.builds(lambda inner: {"data": inner, "kind": "ping"}, values(1)),
        )
    )


def texts_beyond_i_json() -> SearchStrategy[str]:
    """JSON texts that hold one thing that I-JSON does not allow (RFC 7493, section 2)."""
    things = st.one_of(
        st.integers(min_value=LARGEST_INTEGER + 1).map(str),
        st.integers(max_value=-LARGEST_INTEGER - 1).map(str),
        st.integers(309, 400).map(lambda exponent: f"1e{exponent}"),
        st.sampled_from(['"\\ud800"', '"\\udfff"', '"a\\udc00\\ud800"']),
    )
    places = st.sampled_from(["%s", "[%s]", '{"value":%s}', '{"type":"business","data":[%s]}'])
    return st.builds(lambda place, thing: place % thing, places, things)


def nested_texts() -> SearchStrategy[str]:
    """Texts of values inside containers of both kinds, up to 2,000 deep (S-DEPTH)."""
    ends = {"[": "]", '{"a":': "}"}
    return st.builds(
        lambda heads, inner, times: (
            "".join(heads) * times + inner + "".join(ends[head] for head in heads[::-1]) * times
        ),
        st.lists(st.sampled_from(sorted(ends)), min_size=1, max_size=8),
        st.sampled_from(["1", '"deep"', "null", "[]", "{}"]),
        st.sampled_from([1, 7, 8, 9, 30, 250]),
    )


def texts_that_are_not_json() -> SearchStrategy[str]:
    """Texts that RFC 8259 does not allow, many of them nearly JSON (S-IGNORE-NOT-JSON)."""
    broken = st.builds(
        _damaged,
        spellings(st.one_of(values(2), st.just({"type": "ping"}))),
        st.integers(0, 40),
        st.sampled_from(["", ",", "'", "\x01", "NaN", "}", "]", '"', "//", "\u00a0", "\ufeff"]),
    )
    return st.one_of(texts(), broken).filter(
        lambda text: isinstance(message(text, protocol()), NotJson)
    )


def _damaged(text: str, place: int, put: str) -> str:
    """A text with one character replaced by another thing, or cut short by it."""
    place = place % (len(text) + 1)
    return text[:place] + put + text[place + 1 :]


def binaries() -> SearchStrategy[bytes]:
    """Binary messages, some of which would be pings or other JSON as texts (S-BINARY)."""
    return st.one_of(
        st.binary(max_size=64),
        st.sampled_from([b'{"type":"ping"}', b'{"type":"pong"}', b"[]", b"", b"\xff\xfe"]),
    )


# In another dialect.


def pings_of(dialect: Dialect, least: int) -> SearchStrategy[Step]:
    """Pings of another dialect, in spellings that are free, with numbers from the least one on."""
    return st.builds(
        lambda number, spell: spell(dialect.say_ping(number)),
        st.integers(least, 2**31),
        st.sampled_from(ways_to_spell(dialect.ping)),
    )


def texts_that_are_not_json_in(dialect: Dialect) -> SearchStrategy[Step]:
    """The same, but for what means something in a dialect all the same."""
    return texts_that_are_not_json().filter(
        lambda text: isinstance(message(text, dialect), NotJson)
    )


def binaries_with(ping: bytes) -> SearchStrategy[Step]:
    """Binary messages, one of which would be a ping as a text."""
    return st.binary(max_size=64) | st.just(ping)
