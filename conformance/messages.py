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
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

DEPTH = 64
"""The nesting that every server must handle (S-DEPTH)."""


FRAME_DEPTH = DEPTH + 1
"""The nesting of an echo of such a message: its own object is not counted (S-DEPTH)."""


BURST = 200
"""How many pings sent at once make a burst (S-BURST)."""


SIZE = 65_536
"""The bytes of text that every server must handle (S-SIZE)."""


LARGEST_INTEGER = 2**53 - 1
"""The largest integer that I-JSON promises to keep (RFC 7493, section 2.2)."""


SIGNIFICANT_DIGITS = 17
"""How many digits tell any two numbers of binary64 apart; I-JSON promises no more."""


PLAIN_PING = '{"type":"ping"}'


PLAIN_PONG = '{"type":"pong"}'


def echo_of(text: str) -> str:
    """The echo of a business message, as short as it can be."""
    return f'{{"type":"echo","data":{text}}}'


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping (S-PING-FORM); `plain` when spelled exactly as the client of the contract does."""

    value: dict[str, Any]
    plain: bool


@dataclass(frozen=True, slots=True)
class Business:
    """Any other I-JSON text: answered with an echo of `value` (S-ECHO)."""

    value: Any

    @property
    def is_pong(self) -> bool:
        """Whether it is a pong, which under Plan B is no business message (protocol.md, 7)."""
        return isinstance(self.value, dict) and self.value.get("type") == "pong"


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


@dataclass(frozen=True, slots=True)
class Large:
    """Text of more than 65,536 bytes: may be over the server's limit (S-SIZE)."""

    size: int


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary message: ignored, or closed with 1003 (S-BINARY)."""

    data: bytes


Message: TypeAlias = Ping | Business | NotJson | BeyondIJson | Deep | Large | Binary


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong; `surplus` names the members that S-PONG-FORM does not allow."""

    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo of `data`; `fault` says what S-ECHO-FORM has against its members."""

    data: Any
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ServerPing:
    """A ping of a server under Plan B; `surplus` names members that B-SERVER-PING forbids."""

    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """What is none of the protocol's frames; `why` says so in words (S-VALID-OUTPUT)."""

    why: str
    is_json: bool = True


Answer: TypeAlias = Pong | Echo | Foreign


class _BeyondIJsonError(ValueError):
    """Raised while parsing, where the text leaves I-JSON."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _i_json_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _BeyondIJsonError(f"the number {_cut(text)} is too large for binary64")
    if len(text) > SIGNIFICANT_DIGITS and _digits(text) > SIGNIFICANT_DIGITS:
        raise _BeyondIJsonError(f"the number {_cut(text)} is more precise than binary64")
    return number


def _digits(text: str) -> int:
    """How many significant digits a number is written with, zeros at its ends not counted."""
    mantissa = text.lower().partition("e")[0]
    return len(mantissa.lstrip("-").replace(".", "").strip("0"))


def _i_json_int(text: str) -> int:
    number = int(text) if len(text) < 18 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise _BeyondIJsonError(f"the integer {_cut(text)} is beyond 2**53 - 1")
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


_ANY_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=float)


@lru_cache(maxsize=1024)
def message(content: str | bytes) -> Message:
    """What the contract makes of a message that a client sends (S-PING-FORM, S-ECHO, ...)."""
    if isinstance(content, bytes):
        return Binary(content)
    if len(content) > SIZE // 4 and len(content.encode()) > SIZE:
        return Deep(brackets) if (brackets := _brackets(content)) > DEPTH else Large(len(content))
    if content == PLAIN_PING:
        return Ping({"type": "ping"}, plain=True)
    parsed = _parse(content)
    if not isinstance(parsed, _Value):
        return parsed
    value = parsed.value
    if isinstance(value, dict) and value.get("type") == "ping":
        return Ping(value, plain=False)
    return Business(value)


def answer(content: str | bytes) -> Answer | Deep:
    """What the contract makes of a message that a server sends (S-PONG-FORM, S-ECHO-FORM, ...).

    Deep is returned for what nests too deeply to be read: it may echo a deep message.
    """
    if isinstance(content, bytes):
        return Foreign("it is a binary message", is_json=False)
    if content == PLAIN_PONG:
        return Pong()
    parsed = _parse(content, FRAME_DEPTH)
    match parsed:
        case _Value(dict() as frame):
            return _frame(frame)
        case _Value():
            return Foreign("it is no JSON object")
        case NotJson(why):
            return Foreign(f"it is not JSON: {why}", is_json=False)
        case Deep():
            return parsed
    return _frame_beyond_i_json(content)


def holds(content: str, token: str) -> bool:
    """Whether a text holds a token of ASCII, however it is spelled (RFC 8259, section 7)."""
    if token in content or "\\" not in content:
        return token in content
    try:
        return token in json.dumps(_ANY_JSON.decode(content))
    except (ValueError, RecursionError):
        return False


def server_ping(content: str | bytes) -> ServerPing | None:
    """A message of a server as a ping of Plan B; None for any other (B-SERVER-PING)."""
    if content == PLAIN_PING:
        return ServerPing()
    if isinstance(content, bytes) or not ('"ping"' in content or "\\" in content):
        return None
    parsed = _parse(content, FRAME_DEPTH)
    if not isinstance(parsed, _Value) or not isinstance(parsed.value, dict):
        return None
    if parsed.value.get("type") != "ping":
        return None
    return ServerPing(tuple(name for name in parsed.value if name != "type"))


def is_pong(content: str) -> bool:
    """Whether a message of a server is a pong; most that are none need not be parsed for that."""
    return ('"pong"' in content or "\\" in content) and isinstance(answer(content), Pong)


def _frame(frame: dict[str, Any]) -> Answer:
    match frame.get("type"):
        case "pong":
            return Pong(tuple(name for name in frame if name != "type"))
        case "echo" if "data" not in frame:
            return Echo(None, "it lacks the member `data`")
        case "echo" if len(frame) > 2:
            surplus = (name for name in frame if name not in ("type", "data"))
            return Echo(frame["data"], f"it has the further members {', '.join(surplus)}")
        case "echo":
            return Echo(frame["data"])
        case None:
            return Foreign("it has no member `type`")
        case kind:
            return Foreign(f"its `type` is {_cut(json.dumps(kind))}")


def _frame_beyond_i_json(content: str) -> Answer:
    frame = _ANY_JSON.decode(content)
    return _frame(frame) if isinstance(frame, dict) else Foreign("it is no JSON object")


@dataclass(frozen=True, slots=True)
class _Value:
    value: Any


def _parse(text: str, deepest: int = DEPTH) -> _Value | NotJson | BeyondIJson | Deep:
    brackets = _brackets(text)
    try:
        value = _I_JSON.decode(text)
    except _BeyondIJsonError as error:
        return _beyond_or_not_json(text, str(error), deepest)
    except ValueError as error:
        if brackets > DEPTH and (depth := _climb(text)) > DEPTH:
            return Deep(depth)
        return NotJson(str(error))
    except RecursionError:
        return Deep(brackets)
    if brackets > deepest and (depth := nesting(value)) > deepest:
        return Deep(depth)
    if not text.isascii() or "\\u" in text:
        shown = json.dumps(value, ensure_ascii=False) if "\\u" in text else text
        if found := _NO_CHARACTER.search(shown):
            return BeyondIJson(f"a string holds U+{ord(found[0]):04X}, which is no character")
    return _Value(value)


def _beyond_or_not_json(text: str, why: str, deepest: int) -> NotJson | BeyondIJson | Deep:
    try:
        value = _ANY_JSON.decode(text)
    except ValueError as error:
        return NotJson(str(error))
    except RecursionError:
        return Deep(_brackets(text))
    depth = nesting(value)
    return Deep(depth) if depth > deepest else BeyondIJson(why)


def _brackets(text: str) -> int:
    return text.count("[") + text.count("{")


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


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: numbers as binary64, key order free, true is not 1."""
    if isinstance(one, str) or one is None:
        return bool(one == other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float):
        return isinstance(other, int | float) and float(one) == float(other)
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same_json(value, other[name]) for name, value in one.items())
        )
    return isinstance(other, list) and len(one) == len(other) and all(map(same_json, one, other))


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
