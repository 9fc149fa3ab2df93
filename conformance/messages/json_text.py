"""Texts as the contract reads them: what was asked, and what was answered (protocol.md, 3).

Python's own JSON parser is too kind in three ways: it takes `NaN`, it rounds `1e400` to infinity
and it refuses long integers. The decoders here take exactly RFC 8259, and tell I-JSON (RFC 7493),
for which an echo must be faithful, from JSON beyond it, for which it need not.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from conformance.messages.limits import DEPTH, LARGEST_INTEGER, SIGNIFICANT_DIGITS
from spec.dialect.template import NO_VALUE


@dataclass(frozen=True, slots=True)
class NotJson:
    """Text that is not RFC 8259 JSON: ignored (S-IGNORE-NOT-JSON)."""

    why: str


@dataclass(frozen=True, slots=True)
class BeyondIJson:
    """JSON text outside I-JSON: any echo, silence, or a close 1007 or 1008 (S-BEYOND-IJSON)."""

    why: str


@dataclass(frozen=True, slots=True)
class Deep:
    """Text nested deeper than 64: may be ignored or closed 1008 or 1009 (S-DEPTH)."""

    depth: int


class _BeyondIJsonError(ValueError):
    """Raised while parsing, where the text leaves I-JSON."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _i_json_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _BeyondIJsonError(f"the number {shortened(text)} is too large for binary64")
    if len(text) > SIGNIFICANT_DIGITS and _digits(text) > SIGNIFICANT_DIGITS:
        raise _BeyondIJsonError(f"the number {shortened(text)} is more precise than binary64")
    return number


def _digits(text: str) -> int:
    """How many significant digits a number is written with, zeros at its ends not counted."""
    mantissa = text.lower().partition("e")[0]
    return len(mantissa.lstrip("-").replace(".", "").strip("0"))


def _i_json_int(text: str) -> int:
    number = int(text) if len(text) < 18 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise _BeyondIJsonError(f"the integer {shortened(text)} is beyond 2**53 - 1")
    return number


def _i_json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BeyondIJsonError("an object has the same member twice")
    return found


_I_JSON = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_float=_i_json_float,
    parse_int=_i_json_int,
    object_pairs_hook=_i_json_object,
)


_NO_CHARACTER = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
    )
    + "]"
)
"""Lone surrogates and noncharacters, which I-JSON leaves out (RFC 7493, section 2.1)."""


ANY_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=float)


def holds(content: str, token: str) -> bool:
    """Whether a text holds a token of ASCII, however it is spelled (RFC 8259, section 7)."""
    if token in content or "\\" not in content:
        return token in content
    try:
        return token in json.dumps(ANY_JSON.decode(content))
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True, slots=True)
class Value:
    value: Any


def parse(text: str, deepest: int = DEPTH) -> Value | NotJson | BeyondIJson | Deep:
    try:
        value = _I_JSON.decode(text)
    except _BeyondIJsonError as error:
        return _beyond_or_not_json(text, str(error), deepest)
    except ValueError as error:
        if brackets_in(text) > DEPTH and (depth := _climb(text)) > DEPTH:
            return Deep(depth)
        return NotJson(str(error))
    except RecursionError:
        return Deep(brackets_in(text))
    if len(text) > deepest and brackets_in(text) > deepest and (depth := nesting(value)) > deepest:
        return Deep(depth)
    if not text.isascii() or "\\u" in text:
        shown = json.dumps(value, ensure_ascii=False) if "\\u" in text else text
        if found := _NO_CHARACTER.search(shown):
            return BeyondIJson(f"a string holds U+{ord(found[0]):04X}, which is no character")
    return Value(value)


def value_of(text: str, deepest: int = DEPTH) -> Any:
    """What a text says as JSON, for the templates of a dialect: NO_VALUE where it is none."""
    parsed = parse(text, deepest)
    return parsed.value if isinstance(parsed, Value) else NO_VALUE


def _beyond_or_not_json(text: str, why: str, deepest: int) -> NotJson | BeyondIJson | Deep:
    try:
        value = ANY_JSON.decode(text)
    except ValueError as error:
        return NotJson(str(error))
    except RecursionError:
        return Deep(brackets_in(text))
    depth = nesting(value)
    return Deep(depth) if depth > deepest else BeyondIJson(why)


def brackets_in(text: str) -> int:
    """How many containers a text opens at the most: no fewer than it nests (S-DEPTH)."""
    # To look for what is not there is much quicker than to count.
    return (text.count("[") if "[" in text else 0) + text.count("{")


def _climb(text: str) -> int:
    """How deep the brackets of a text lie that need not be JSON."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def nesting(value: Any) -> int:
    """How many containers lie around the innermost place of a JSON value (S-DEPTH)."""
    deepest = 0
    waiting = [(value, 0)]
    while waiting:
        current, depth = waiting.pop()
        if isinstance(current, dict):
            current = current.values()
        elif not isinstance(current, list):
            deepest = max(deepest, depth)
            continue
        deepest = max(deepest, depth + 1)
        waiting.extend((inner, depth + 1) for inner in current)
    return deepest


NUMBERS = (int, float)
"""The types of numbers: `bool` is neither of them."""


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: numbers as binary64, key order free, true is not 1."""
    kind, others = type(one), type(other)
    if kind in NUMBERS:
        return others in NUMBERS and float(one) == float(other)
    if kind is not others:
        return False
    if kind is dict:
        return one.keys() == other.keys() and all(
            same_json(value, other[name]) for name, value in one.items()
        )
    if kind is list:
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def carries(text: str, value: Any, *, is_word: bool) -> bool:
    """Whether a JSON text has a value somewhere in it; one that `is_word` is sought as a word."""
    if is_word:
        return _has_word(text, str(value))
    try:
        left = [ANY_JSON.decode(text)]
    except (ValueError, RecursionError):
        return _has_word(text, json.dumps(value))
    while left:
        inner = left.pop()
        if same_json(inner, value):
            return True
        if isinstance(inner, dict | list):
            left += inner.values() if isinstance(inner, dict) else inner
    return False


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\.?\w)", text) is not None


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
