"""Servers that do not echo what they should, or echo something else."""

import struct
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from json import dumps

from conformance.messages.limits import DEPTH
from tests.mutants.behaviour import Behaviour, Close, Conversation, Drop, Reaction
from tests.mutants.compliant import echo, echo_text, parse
from tests.mutants.mutant import mutant

LARGEST_EXACT_IN_32_BITS = 2**24


@mutant("S-ECHO")
def ignores_arrays(server: Behaviour) -> Behaviour:
    """An array gets no echo."""
    return _ignoring(server, lambda data: isinstance(data, list))


@mutant("S-ECHO")
def ignores_null(server: Behaviour) -> Behaviour:
    """The text ``null`` gets no echo."""
    return _ignoring(server, lambda data: data is None)


@mutant("S-ECHO")
def ignores_what_is_false(server: Behaviour) -> Behaviour:
    """What Python takes for false gets no echo: ``0``, ``""``, ``[]``, ``{}``, ``false``."""
    return _ignoring(server, lambda data: not data)


@mutant("S-ECHO")
def ignores_a_pong_from_the_client(server: Behaviour) -> Behaviour:
    """A pong is taken for an answer, though the server asks nothing."""
    return _ignoring(server, lambda data: data == {"type": "pong"})


@mutant("S-ECHO")
def loses_echoes_of_126_bytes(server: Behaviour) -> Behaviour:
    """An echo is not sent whose length is the first that a frame does not say in seven bits."""
    return _ignoring(server, lambda data: _length(data) == 126)


@mutant("S-ECHO")
def echoes_twice(server: Behaviour) -> Behaviour:
    """Every business message gets two echoes."""
    return replace(server, echo=lambda talk, data: [*echo(talk, data), *echo(talk, data)])


@mutant("S-ECHO", manners=("queue",))
def takes_brackets_side_by_side_for_deep(server: Behaviour) -> Behaviour:
    """What has more than 64 opening brackets is closed with 1008, as if it were nested so."""
    return _closing(server, lambda text: text.count("[") + text.count("{"))


@mutant("S-ECHO", manners=("queue",))
def takes_brackets_in_a_string_for_nesting(server: Behaviour) -> Behaviour:
    """Depth is counted before a text is parsed, and what stands in strings is counted with it."""

    def depth(text: str) -> int:
        steps = ((char in "[{") - (char in "]}") for char in text)
        return max(accumulate(steps), default=0)

    return _closing(server, depth)


@mutant("S-ECHO", manners=("queue",))
def hangs_up_on_what_is_no_object(server: Behaviour) -> Behaviour:
    """An array, string, number, boolean or null ends the connection without a Close."""
    return replace(
        server,
        echo=lambda talk, data: echo(talk, data) if isinstance(data, dict) else [Drop()],
    )


@mutant("S-ECHO", manners=("queue",))
def hangs_up_on_an_object_without_a_type(server: Behaviour) -> Behaviour:
    """Whatever has no member `type`, of any size, ends the connection without a Close."""
    return replace(
        server,
        echo=lambda talk, data: (
            echo(talk, data) if isinstance(data, dict) and "type" in data else [Drop()]
        ),
    )


@mutant("S-ECHO", manners=("queue",))
def goes_away_over_a_number(server: Behaviour) -> Behaviour:
    """A number ends the connection with the code of a server that shuts down."""
    return replace(
        server,
        echo=lambda talk, data: [Close(1001)] if isinstance(data, float) else echo(talk, data),
    )


@mutant("S-ECHO-DATA")
def keeps_answers_by_how_a_value_reads(server: Behaviour) -> Behaviour:
    """A cache in which `true` and `"true"` have one key, as JavaScript's `String` makes it."""
    return _from_a_cache(server, lambda value: value if isinstance(value, str) else dumps(value))


@mutant("S-ECHO-DATA")
def keeps_answers_by_what_equals_a_value(server: Behaviour) -> Behaviour:
    """A cache in which `true`, `1` and `1.0` have one key, as in a dictionary of Python."""
    return _from_a_cache(server, lambda value: value)


@mutant("S-ECHO-DATA")
def echoes_true_as_1(server: Behaviour) -> Behaviour:
    """Booleans become numbers."""
    return _changing(server, lambda leaf: int(leaf) if isinstance(leaf, bool) else leaf)


@mutant("S-ECHO-DATA")
def echoes_numbers_as_strings(server: Behaviour) -> Behaviour:
    """A number comes back in quotes."""
    return _changing(server, lambda leaf: str(leaf) if type(leaf) in (int, float) else leaf)


@mutant("S-ECHO-DATA")
def cuts_off_decimal_places(server: Behaviour) -> Behaviour:
    """A number comes back as an integer."""
    return _changing(server, lambda leaf: int(leaf) if isinstance(leaf, float) else leaf)


@mutant("S-ECHO-DATA")
def loses_digits_of_large_integers(server: Behaviour) -> Behaviour:
    """Integers are kept in 32 bits of floating point."""

    def rounded(leaf: object) -> object:
        if type(leaf) is int and LARGEST_EXACT_IN_32_BITS < abs(leaf) < 2**64:
            return int(struct.unpack("f", struct.pack("f", leaf))[0])
        return leaf

    return _changing(server, rounded)


@mutant("S-ECHO-DATA")
def echoes_null_for_what_is_empty(server: Behaviour) -> Behaviour:
    """An empty array or object comes back as null."""
    return replace(server, data=lambda data: None if data in ([], {}) else data)


@mutant("S-ECHO-DATA")
def drops_members_that_are_null(server: Behaviour) -> Behaviour:
    """A member whose value is null does not come back."""

    def without_null(data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    return replace(server, data=without_null)


@mutant("S-ECHO-DATA")
def sorts_arrays(server: Behaviour) -> Behaviour:
    """The elements of an array come back in another order."""
    return replace(
        server, data=lambda data: sorted(data, key=repr) if isinstance(data, list) else data
    )


@mutant("S-ECHO-DATA")
def cuts_arrays_at_a_hundred(server: Behaviour) -> Behaviour:
    """An array comes back without what follows its hundredth element."""
    return replace(server, data=lambda data: data[:100] if isinstance(data, list) else data)


@mutant("S-ECHO-DATA")
def ends_its_lines_in_one_way(server: Behaviour) -> Behaviour:
    """A carriage return before a line feed does not come back."""
    return _changing(
        server, lambda leaf: leaf.replace("\r\n", "\n") if isinstance(leaf, str) else leaf
    )


@mutant("S-ECHO-DATA")
def normalises_text(server: Behaviour) -> Behaviour:
    """Strings come back in Unicode's normal form C."""
    return _changing(
        server,
        lambda leaf: unicodedata.normalize("NFC", leaf) if isinstance(leaf, str) else leaf,
    )


@mutant("S-ECHO-DATA")
def trims_strings(server: Behaviour) -> Behaviour:
    """Strings come back without the white space at their ends."""
    return _changing(server, lambda leaf: leaf.strip() if isinstance(leaf, str) else leaf)


@mutant("S-ECHO-DATA")
def cuts_strings_at_a_nul(server: Behaviour) -> Behaviour:
    """Strings end at their first U+0000, as those of C do."""
    return _changing(server, lambda leaf: leaf.split("\0")[0] if isinstance(leaf, str) else leaf)


@mutant("S-ECHO-DATA")
def spoils_what_is_beyond_the_basic_plane(server: Behaviour) -> Behaviour:
    """A character beyond U+FFFF comes back as a question mark."""
    return _changing(
        server,
        lambda leaf: (
            "".join("?" if char > "\uffff" else char for char in leaf)
            if isinstance(leaf, str)
            else leaf
        ),
    )


@mutant("S-ECHO-FORM")
def adds_a_member_to_the_echo(server: Behaviour) -> Behaviour:
    """The echo says how many messages there were."""
    return replace(server, echo=lambda _, data: [echo_text(data, count=1)])


@mutant("S-ECHO-FORM")
def calls_the_data_payload(server: Behaviour) -> Behaviour:
    """The echo has its data under another name."""
    return replace(
        server,
        echo=lambda _, data: [echo_text(data).replace('"data": ', '"payload": ', 1)],
    )


def _length(data: object) -> int:
    """How many bytes the echo of something has; none where it cannot be said."""
    try:
        return len(echo_text(data))
    except ValueError:
        return 0


def _closing(server: Behaviour, depth: Callable[[str], int]) -> Behaviour:
    """Close with 1008, as a server may, what is deeper than it handles; but take depth for this."""
    read = [""]

    def noted(text: str) -> object:
        read[0] = text
        return parse(text)

    def unless_deep(talk: Conversation, data: object) -> Reaction:
        return [Close(1008, "too deep")] if depth(read[0]) > DEPTH else echo(talk, data)

    return replace(server, parse=noted, echo=unless_deep)


def _ignoring(server: Behaviour, ignored: Callable[[object], bool]) -> Behaviour:
    return replace(server, echo=lambda talk, data: [] if ignored(data) else echo(talk, data))


def _changing(server: Behaviour, change: Callable[[object], object]) -> Behaviour:
    """Change every value that holds no others, but no name of a member."""

    def changed(data: object) -> object:
        if isinstance(data, list):
            return [changed(element) for element in data]
        if isinstance(data, dict):
            return {name: changed(value) for name, value in data.items()}
        return change(data)

    return replace(server, data=changed)


def _from_a_cache(server: Behaviour, key: Callable[[object], object]) -> Behaviour:
    """Answer a scalar as one before it that has the same key."""
    known: dict[object, object] = {}

    def cached(talk: Conversation, data: object) -> Reaction:
        if isinstance(data, list | dict):
            return echo(talk, data)
        return echo(talk, known.setdefault(key(data), data))

    return replace(server, echo=cached)
