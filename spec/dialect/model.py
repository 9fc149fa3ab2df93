"""What a template compares a message with: a JSON value with holes in it, or text with some."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

HOLE = re.compile(r"\$\{([^{}]*)\}")

ANY = "any"
"""The hole that stands for anything, and is never compared."""

FURTHER = "..."
"""The member that says that an object may have further ones."""

Holes: TypeAlias = Mapping[str, Any]
"""What stands in the holes of a message, by their names."""


class TemplateError(ValueError):
    """A text that is no template; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A place for any JSON value."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string, or a text, of which some characters are free: literal parts and names by turns."""

    names: tuple[str, ...]
    regex: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> Pattern:
        """The pattern of a text with holes."""
        parts = HOLE.split(text)
        spelled = (re.escape(part) if n % 2 == 0 else "(.*?)" for n, part in enumerate(parts))
        return cls(tuple(parts[1::2]), re.compile("".join(spelled), re.DOTALL))

    def read(self, text: str, found: dict[str, Any]) -> bool:
        """Whether a text fits; what its holes hold is noted in `found`."""
        match = self.regex.fullmatch(text)
        if match is None:
            return False
        return all(_bound(*pair, found) for pair in zip(self.names, match.groups(), strict=True))


@dataclass(frozen=True, slots=True)
class Flat:
    """An object of words and of holes that differ: what most heartbeats are, and quickly read."""

    words: tuple[tuple[str, str], ...]
    holes: tuple[tuple[str, str], ...]
    is_open: bool

    @classmethod
    def of(cls, value: Any, *, is_open: bool) -> Flat | None:
        """The same as a template has it, if it is no more than that, and has a word at least."""
        if not isinstance(value, dict):
            return None
        members = {name: each for name, each in value.items() if name != FURTHER}
        words = tuple((name, each) for name, each in members.items() if isinstance(each, str))
        holes = tuple((name, each.name) for name, each in members.items() if isinstance(each, Hole))
        is_flat = len(words) + len(holes) == len(members)
        if not words or not is_flat or len(holes) != len({name for _, name in holes}):
            return None
        return cls(words, holes, is_open or FURTHER in value)

    def read(self, value: Any) -> Holes | None:
        """What stands in the holes of one that fits."""
        found = self.resembles(value)
        return found if found is not None and self.is_whole(value) else None

    def is_whole(self, value: Any) -> bool:
        """Whether one that has the words has all the members, and none that it may not have."""
        if not self.is_open and len(value) != len(self.words) + len(self.holes):
            return False
        return all(key in value for key, _ in self.holes)

    def resembles(self, value: Any) -> Holes | None:
        """What stands in the holes of one that has the words."""
        if not isinstance(value, dict):
            return None
        for key, word in self.words:
            if value.get(key) != word:
                return None
        return {name: value[key] for key, name in self.holes if key in value and name != ANY}


def skeleton(text: str, *, is_exact: bool) -> Any:
    """The value that a template describes, with `Hole` and `Pattern` in it; or one Pattern."""
    for name in HOLE.findall(text):
        if not re.fullmatch(r"(env:)?\w+|(ms|s):\w+", name):
            raise TemplateError(f"the hole ${{{name}}} has no name that a hole can have")
    if not is_exact:
        try:
            value = json.loads(_marked(text), parse_constant=_refuse)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict | list):
            return _with_holes(value)
    return Pattern.of(text)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _marked(text: str) -> str:
    """The text with a string in the place of each hole that stands for a JSON value."""
    out, quoted, place = [], False, 0
    while place < len(text):
        character = text[place]
        if character == '"' and not is_escaped(text, place):
            quoted = not quoted
        if not quoted and (hole := HOLE.match(text, place)):
            out.append(json.dumps(f"\x00{hole[1]}"))
            place = hole.end()
            continue
        out.append(character)
        place += 1
    return "".join(out)


def is_escaped(text: str, place: int) -> bool:
    """Whether a character of a JSON text stands behind a backslash that counts."""
    before = text[:place]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _with_holes(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_holes(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_holes(inner) for inner in value]
    if isinstance(value, str) and value.startswith("\x00"):
        return Hole(value[1:])
    return Pattern.of(value) if isinstance(value, str) and HOLE.search(value) else value


def walk(value: Any) -> Iterator[Any]:
    """Everything in a value, itself first."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from walk(each)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a value."""
    return (each for each in walk(value) if isinstance(each, dict))


def _bound(name: str, value: Any, found: dict[str, Any]) -> bool:
    """Note what a hole holds; False where it is another hole of the same name, and differs."""
    if name == ANY:
        return True
    return same(found.setdefault(name, value), value)


def fits(model: Any, value: Any, found: dict[str, Any], *, is_open: bool = False) -> bool:
    """Whether a value is as the model has it; what the holes hold is noted in `found`."""
    match model:
        case Hole(name):
            return _bound(name, value, found)
        case Pattern():
            return isinstance(value, str) and model.read(value, found)
        case dict():
            names = [name for name in model if name != FURTHER]
            return (
                isinstance(value, dict)
                and (is_open or FURTHER in model or len(value) == len(names))
                and all(name in value and fits(model[name], value[name], found) for name in names)
            )
        case list():
            return (
                isinstance(value, list)
                and len(value) == len(model)
                and all(fits(*pair, found) for pair in zip(model, value, strict=True))
            )
    return same(model, value)


def resembles(model: Any, value: Any, found: dict[str, Any]) -> bool:
    """Whether a value is certainly meant as the model has it, right or wrong."""
    match model:
        case Hole(name):
            found.setdefault(name, value)
            return True
        case Pattern():
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                # A number where a string ought to stand is the form's fault alone: it is copied.
                model.read(str(value), found)
            return True
        case dict():
            names = [name for name in model if name != FURTHER]
            if not isinstance(value, dict) or (not names and value and FURTHER not in model):
                return False
            is_told = any(_has_fixed(model[name]) for name in names)
            return all(
                resembles(model[name], value[name], found)
                if name in value
                else is_told and isinstance(model[name], Hole | Pattern)
                for name in names
            )
        case list():
            return (
                isinstance(value, list)
                and len(value) == len(model)
                and all(resembles(*pair, found) for pair in zip(model, value, strict=True))
            )
    return same(model, value)


def _has_fixed(model: Any) -> bool:
    """Whether something in a part of a template is fixed, so that it can be known by that."""
    return any(not isinstance(each, Hole | Pattern | dict | list) for each in walk(model))


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: numbers as binary64, key order free, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
