"""What the mutants make of a text in the file of a dialect, with a reader of their own.

It takes nothing from the templates with which the suite reads the same files, so that both cannot
be wrong in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

HOLE = re.compile(r"\$\{([\w:]+)\}")
QUOTED_OR_HOLE = re.compile(r'"(?:[^"\\]|\\.)*"|\$\{([\w:]+)\}')
WHOLE = "\x01"
"""Before the name of a hole that stands for a value, and not for characters."""

FURTHER = "..."
ANY = "any"


@dataclass(frozen=True)
class Words:
    """One text: an object or an array in JSON, or whatever else, with holes in it.

    It is `open` where further members are allowed at its top.
    """

    text: str
    is_open: bool = False

    @cached_property
    def model(self) -> Any:
        """Its value, if it is an object or an array; a hole is a string there. Else None."""
        marked = QUOTED_OR_HOLE.sub(
            lambda found: found[0] if found[1] is None else f'"\\u0001{found[1]}"', self.text
        )
        try:
            value = json.loads(marked)
        except ValueError:
            return None
        return value if isinstance(value, dict | list) else None

    def read(self, text: str) -> dict[str, Any] | None:
        """What stands in the holes of a message; None where it is another one."""
        if self.model is None:
            found: dict[str, Any] = {}
            return found if _matches(self.text, text, found) else None
        try:
            return self.read_value(json.loads(text))
        except (ValueError, RecursionError):
            return None

    def read_value(self, value: Any) -> dict[str, Any] | None:
        """The same of a value, for one in JSON."""
        found: dict[str, Any] = {}
        if self.model is None:
            return None
        return found if _fits(self.model, value, found, is_open=self.is_open) else None

    def say(self, holes: Mapping[str, Any]) -> str:
        """The message, with what is known of its holes."""
        if self.model is None:
            return HOLE.sub(lambda hole: str(_in(hole[1], holes)), self.text)

        def filled(found: re.Match[str]) -> str:
            if found[1] is not None:
                return json.dumps(_in(found[1], holes), separators=(",", ":"))
            return HOLE.sub(lambda hole: json.dumps(str(_in(hole[1], holes)))[1:-1], found[0])

        return QUOTED_OR_HOLE.sub(filled, self.text)

    def value(self, holes: Mapping[str, Any]) -> Any:
        """What one in JSON says, without the mark for further members."""
        return _without_marks(json.loads(self.say(holes)))


def _in(name: str, holes: Mapping[str, Any]) -> Any:
    return holes.get(name, "wsbeat" if name == ANY else 0)


def _matches(model: str, text: str, found: dict[str, Any]) -> bool:
    names = HOLE.findall(model)
    pattern = "(.*?)".join(re.escape(part) for part in HOLE.split(model)[::2])
    match = re.fullmatch(pattern, text, re.DOTALL)
    found.update(zip(names, match.groups(), strict=True) if match else ())
    return match is not None


def _fits(model: Any, value: Any, found: dict[str, Any], *, is_open: bool = False) -> bool:
    if isinstance(model, str) and model.startswith(WHOLE):
        found[model[1:]] = value
        return True
    if isinstance(model, str):
        return isinstance(value, str) and _matches(model, value, found)
    if isinstance(model, dict):
        names = {*model} - {FURTHER}
        return (
            isinstance(value, dict)
            and names <= {*value}
            and (is_open or FURTHER in model or names == {*value})
            and all(_fits(model[name], value[name], found) for name in names)
        )
    if isinstance(model, list):
        return (
            isinstance(value, list)
            and len(value) == len(model)
            and all(_fits(*pair, found) for pair in zip(model, value, strict=True))
        )
    return isinstance(value, bool) == isinstance(model, bool) and bool(value == model)


def _without_marks(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_marks(each) for name, each in value.items() if name != FURTHER}
    return list(map(_without_marks, value)) if isinstance(value, list) else value
