"""The dialects that come with wsbeat: files in `spec/dialects`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from spec.dialect.dialect import PROTOCOL, Dialect
from spec.dialect.made import made

ENDING = ".toml"


@cache
def names() -> tuple[str, ...]:
    """The names of the dialects, the protocol's own first."""
    files = (resources.files("spec") / "dialects").iterdir()
    found = sorted(each.name.removesuffix(ENDING) for each in files if each.name.endswith(ENDING))
    return (PROTOCOL, *(name for name in found if name != PROTOCOL))


def text_of(name: str) -> str:
    """The file of one of them."""
    return (resources.files("spec") / "dialects" / f"{name}{ENDING}").read_text("utf-8")


def shipped(name: str) -> Dialect:
    """One of them by its name."""
    return made(document_of(name))


@cache
def document_of(name: str) -> dict[str, Any]:
    """What the file of one of them says."""
    return tomllib.loads(text_of(name))


@cache
def protocol() -> Dialect:
    """The dialect that `spec/protocol.md` describes: the one that is spoken by default."""
    return shipped(PROTOCOL)
