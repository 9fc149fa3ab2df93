"""A second opinion on what is JSON: the grammars of RFC 8259 and RFC 7493, without a parser.

The loader and the harness both read JSON with the standard library; vectors that were checked with
nothing else would share its mistakes. This recogniser reduces a text to one token instead.
"""

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<space>   [ \t\r\n]+ )
  | (?P<string>  "(?: [^"\\\x00-\x1f] | \\["\\/bfnrt] | \\u[0-9a-fA-F]{4} )*" )
  | (?P<number>  -? (?: 0 | [1-9][0-9]* ) (?: \.[0-9]+ )? (?: [eE][+-]?[0-9]+ )? )
  | (?P<literal> true | false | null )
  | (?P<mark>    [\[\]{},:] )
    """,
    re.VERBOSE,
)
_ARRAY = re.compile(r"\[(?:[sv](?:,[sv])*)?\]")
_OBJECT = re.compile(r"\{(?:s:[sv](?:,s:[sv])*)?\}")


def is_json(text: str) -> bool:
    """Tell whether the whole text matches the grammar of RFC 8259."""
    reduced, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return False
        shown = {"space": "", "string": "s", "number": "v", "literal": "v"}
        reduced.append(shown.get(token.lastgroup or "", token[0]))
        at = token.end()
    shape, shorter = "".join(reduced), None
    while shape != shorter:
        shorter, shape = shape, _OBJECT.sub("v", _ARRAY.sub("v", shape))
    return shape in ("s", "v")


def is_i_json(text: str) -> bool:
    """Tell whether a JSON text keeps to RFC 7493: names, surrogates, range and precision."""
    numbers, names_are_unique = [], True

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal names_are_unique
        names_are_unique &= len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def number(spelled: str) -> str:
        numbers.append(spelled)
        return spelled

    value = json.loads(text, object_pairs_hook=members, parse_int=number, parse_float=number)
    shown = json.dumps(value, ensure_ascii=False)
    if any(_is_surrogate_or_noncharacter(ord(character)) for character in shown):
        return False
    return names_are_unique and all(_fits_binary64(each) for each in numbers)


def depth(text: str) -> int:
    """Return how many arrays and objects of a JSON text are open at once, at most."""
    marks = re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))
    levels = [0]
    for mark in marks:
        levels.append(levels[-1] + (1 if mark in "[{" else -1))
    return max(levels)


def same(one: object, other: object) -> bool:
    """Tell whether two values are equal as JSON: 1.0 is 1, and true is not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return one == other


def _is_surrogate_or_noncharacter(point: int) -> bool:
    return 0xD800 <= point <= 0xDFFF or 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def _fits_binary64(spelled: str) -> bool:
    if re.fullmatch(r"-?\d+", spelled):
        return len(spelled) < 20 and abs(int(spelled)) <= 2**53 - 1
    mantissa = re.sub(r"[eE].*|[-.]", "", spelled).strip("0")
    return len(mantissa) <= 17 and abs(float(spelled)) != float("inf")
