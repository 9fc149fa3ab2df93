"""The test vectors of the contract: a message in, the reply out, for tests in any language."""

import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any, Final, Literal


class Unspecified(Enum):
    """The type of ``UNSPECIFIED``."""

    UNSPECIFIED = "unspecified"


UNSPECIFIED: Final = Unspecified.UNSPECIFIED
"""The reply to JSON beyond I-JSON: an echo, nothing, or a close of code 1007 or 1008."""


@dataclass(frozen=True, slots=True)
class Vector:
    """What a server of the core with the capability ``echo`` replies to one text message.

    ``file`` is the name of the file without its ending, ``reply`` the message as ``json.loads``
    returns it, None where there is none. ``requirement`` is the ID of the sentence that says so.
    """

    name: str
    file: str
    message: str
    reply: dict[str, Any] | Literal[Unspecified.UNSPECIFIED] | None
    requirement: str
    why: str


@cache
def vectors() -> tuple[Vector, ...]:
    """Return every vector: file by file in alphabetical order, in the order of each file."""
    files = [f for f in (resources.files("spec") / "vectors").iterdir() if f.name.endswith(".json")]
    return tuple(
        _vector(file.name.removesuffix(".json"), entry)
        for file in sorted(files, key=lambda f: f.name)
        for entry in json.loads(file.read_text("utf-8"))["vectors"]
    )


def _vector(file: str, entry: dict[str, Any]) -> Vector:
    reply = UNSPECIFIED if entry["reply"] == "unspecified" else entry["reply"]
    return Vector(entry["name"], file, entry["message"], reply, entry["requirement"], entry["why"])
