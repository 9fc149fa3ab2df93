"""Everything a client may say: the contract's vectors first, then what Hypothesis draws.

Between these messages the explorer sets witnesses, so that an absent reply is seen without waiting
for it, and a surplus one is attributed to the message that caused it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import spec
from conformance.messages.limits import DEPTH
from conformance.scenarios import message_strategies as strategies
from conformance.scenarios.scenario import Boundary, explored
from conformance.scenarios.step import Step

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


FEWEST_STEPS = 2


MOST_STEPS = 20
"""How many messages an example has: enough of them to make a round trip worth while."""


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


def _series(of: SearchStrategy[Step], most: int = MOST_STEPS) -> SearchStrategy[list[Step]]:
    return st.lists(of, min_size=FEWEST_STEPS, max_size=most)


@explored("S-PING-FORM", "S-PONG", "S-PONG-FORM", "S-ORDER", boundary=_vectors("pings"))
def pings_in_every_spelling() -> SearchStrategy[list[Step]]:
    """Pings with other white space, escapes, member order and further members."""
    return _series(strategies.pings(), most=MOST_STEPS // 2)  # Each is said twice.


@explored("S-PING-FORM", "S-ECHO", "S-ECHO-DATA", boundary=_vectors("near-pings"))
def messages_that_resemble_pings() -> SearchStrategy[list[Step]]:
    """JSON that a careless server takes for a ping."""
    return _series(strategies.near_pings())


@explored("S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM", "S-VALID-OUTPUT", boundary=_vectors("values"))
def json_values_of_every_kind() -> SearchStrategy[list[Step]]:
    """Objects, arrays, strings, numbers, booleans and null, nested and spelled in many ways."""
    return _series(strategies.spellings(strategies.values()))


@explored("S-IGNORE-NOT-JSON", boundary=_vectors("not-json"))
def texts_that_are_not_json() -> SearchStrategy[list[Step]]:
    """Text that is not RFC 8259 JSON, much of it nearly so."""
    return _series(strategies.texts_that_are_not_json())


@explored(
    "S-BEYOND-IJSON",
    "S-VALID-OUTPUT",
    boundary=_vectors("beyond-i-json"),
    presupposes=PROPER_REPLIES,
)
def json_beyond_i_json() -> SearchStrategy[list[Step]]:
    """JSON text with numbers, strings or objects that I-JSON does not allow."""
    return _series(strategies.texts_beyond_i_json())


@explored("S-DEPTH", boundary=nested_texts, presupposes=PROPER_REPLIES)
def deeply_nested_messages() -> SearchStrategy[list[Step]]:
    """Arrays and objects around arrays and objects, up to 100,000 of them."""
    return st.lists(strategies.nested_texts(), min_size=1, max_size=3)


@explored("S-BINARY")
def binary_messages() -> SearchStrategy[list[Step]]:
    """Binary messages, some of which would be pings as text."""
    return st.lists(strategies.binaries(), min_size=1, max_size=2)


@explored("S-PONG", "S-ECHO", "S-ORDER", "S-IGNORE-NOT-JSON", "S-VALID-OUTPUT")
def mixtures() -> SearchStrategy[list[Step]]:
    """Pings, business messages and text that is not JSON, in any order."""
    return _series(
        st.one_of(
            strategies.pings(),
            strategies.near_pings(),
            strategies.spellings(strategies.values(1)),
            strategies.texts_that_are_not_json(),
        )
    )
