"""A template: the text of a message with holes, which is both said and recognised.

What parses as a JSON object or array is compared by value, so that white space and the order of
members do not matter; any other text is compared as it is. A hole is `${name}`: it stands for a
JSON value, or, between quotation marks or in text, for some of its characters. A member `"..."`
says that further members are allowed in its object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from spec.dialect.model import (
    FURTHER,
    HOLE,
    Flat,
    Hole,
    Holes,
    Pattern,
    fits,
    is_escaped,
    objects,
    resembles,
    skeleton,
    walk,
)

Fill: TypeAlias = Callable[[str], Any]
"""What to put into a hole of this name."""


NO_VALUE = object()
"""Stands for the value of a text that is no JSON."""


@dataclass(frozen=True)
class Template:
    """One text of a message, as it stands in the file of a dialect.

    `is_open` says that further members are allowed at its top, and `is_exact` that JSON is to be
    compared as text, too.
    """

    text: str
    is_open: bool = False
    is_exact: bool = False
    _value: Any = field(init=False, repr=False, compare=False)
    _flat: Flat | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        value = skeleton(self.text, is_exact=self.is_exact)
        object.__setattr__(self, "_value", value)
        object.__setattr__(self, "_flat", Flat.of(value, is_open=self.is_open))

    @property
    def is_json(self) -> bool:
        """Whether it is compared by its value as JSON."""
        return not isinstance(self._value, Pattern)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its holes, each once, in their order."""
        return tuple(dict.fromkeys(HOLE.findall(self.text)))

    @cached_property
    def is_free_within(self) -> bool:
        """Whether one of its objects may have further members."""
        return self.is_open or self.has_further

    @cached_property
    def whole_holes(self) -> frozenset[str]:
        """The holes that stand for a JSON value, and not for characters."""
        return frozenset(each.name for each in walk(self._value) if isinstance(each, Hole))

    @property
    def is_object(self) -> bool:
        """Whether it is a JSON object."""
        return isinstance(self._value, dict)

    @cached_property
    def has_further(self) -> bool:
        """Whether one of its objects has a member that says that there may be further ones."""
        return any(FURTHER in each for each in objects(self._value))

    def example_value(self, text: str) -> Any:
        """What a text says as JSON, if that is what is compared."""
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return NO_VALUE

    @cached_property
    def fixed_members(self) -> Mapping[str, str]:
        """The members at its top whose value is a string without holes."""
        top = self._value if isinstance(self._value, dict) else {}
        return {name: value for name, value in top.items() if isinstance(value, str)}

    @cached_property
    def fixed_words(self) -> tuple[str, ...]:
        """What is fixed in it, as words: strings without holes, or the whole text."""
        if not self.is_json:
            return () if self.names else (self.text,)
        return tuple(each for each in walk(self._value) if isinstance(each, str) and each)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of all members in it."""
        return tuple(name for each in objects(self._value) for name in each if name != FURTHER)

    @cached_property
    def value(self) -> Any:
        """What it says as JSON, where there are no holes in it."""
        return json.loads(self.text) if self.is_json else self.text

    def say(self, fill: Fill) -> str:
        """The text of a message."""
        said, quoted, place = [], False, 0
        while place < len(self.text):
            character = self.text[place]
            if self.is_json and character == '"' and not is_escaped(self.text, place):
                quoted = not quoted
            if hole := HOLE.match(self.text, place):
                value = fill(hole[1])
                if not self.is_json:
                    said.append(str(value))
                else:
                    said.append(json.dumps(str(value))[1:-1] if quoted else _dumped(value))
                place = hole.end()
                continue
            said.append(character)
            place += 1
        return "".join(said)

    def read(self, content: str, value: Any) -> Holes | None:
        """What a message has in the holes; None where it is another message.

        `value` is what the text says as JSON, or `NO_VALUE`.
        """
        if self._flat is not None:
            return self._flat.read(value)
        found: dict[str, Any] = {}
        if isinstance(self._value, Pattern):
            return found if self._value.read(content, found) else None
        if value is NO_VALUE:
            return None
        return found if fits(self._value, value, found, is_open=self.is_open) else None

    def resembles(self, content: str, value: Any) -> Holes | None:
        """The same for a message that is certainly meant as this one, right or wrong.

        All that is fixed in it is there; what the holes stand for may be missing, and more may be
        said.
        """
        if self._flat is not None:
            return self._flat.resembles(value)
        found: dict[str, Any] = {}
        if isinstance(self._value, Pattern):
            return found if self._value.read(content, found) else None
        if value is NO_VALUE:
            return None
        return found if resembles(self._value, value, found) else None

    def is_right(self, content: str, value: Any) -> bool:
        """Whether a message that is certainly meant as this one is right."""
        if self._flat is not None:
            return self._flat.is_whole(value)
        return self.read(content, value) is not None

    def surplus(self, value: Any) -> tuple[str, ...]:
        """The members that a message has at its top and ought not to have."""
        if self.is_open or not isinstance(value, dict) or not isinstance(self._value, dict):
            return ()
        return () if FURTHER in self._value else tuple(n for n in value if n not in self._value)

    def lacking(self, value: Any) -> tuple[str, ...]:
        """The members that a message lacks at its top."""
        if not isinstance(value, dict) or not isinstance(self._value, dict):
            return ()
        return tuple(n for n in self._value if n != FURTHER and n not in value)


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
