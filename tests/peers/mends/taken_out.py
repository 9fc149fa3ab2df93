"""A program without one of its mends: in the place of the mend stands what the field has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import spec
from tests.references.client_js.node import node, package

HERE = Path(__file__).parent

SHORT = 14
"""How many characters name something, and are no code to copy."""

Changes: TypeAlias = tuple[tuple[str, str], ...]
"""Pieces of a source, each of which is in it once, and what stands in their place."""


def without(source: str, changes: Changes) -> str:
    """A source with other pieces in it; each that is replaced has to be in it, once."""
    for mended, usual in changes:
        assert source.count(mended) == 1, (source.count(mended), mended)
        source = source.replace(mended, usual)
    return source


def program(name: str, changes: Changes, folder: Path) -> str:
    """The command of a program for Node, changed and put into a folder."""
    spec_of_timing = (HERE.parents[2] / "spec" / "timing").as_uri()
    source = (HERE / name).read_text("utf-8").replace("../../../spec/timing", spec_of_timing)
    (folder / name).write_text(without(source, changes), "utf-8")
    (folder / "node_modules").symlink_to(package("ws").parent)
    return shlex.join([node(), str(folder / name)])


def missing(stack: str, source: str, names: Mapping[str, str]) -> list[str]:
    """The code in the texts for a stack that is not in a source, each with its requirement.

    White space counts for nothing, and three dots for anything; `names` says what the source
    calls a number of the text.
    """
    known, found = _folded(source), list[str]()
    for id, mend in spec.mends().items():
        pieces = [_folded(each) for each in re.findall("`([^`]+)`", mend.at.get(stack, ""))]
        for number, name in names.items():
            pieces = [each.replace(number, name) for each in pieces]
        pieces = [each for each in pieces if len(each) > SHORT]
        found += [f"{id}: {each}" for each in pieces if not _is_in(known, each)]
    return found


def _is_in(source: str, piece: str) -> bool:
    return re.search(".*".join(re.escape(each) for each in piece.split("...")), source) is not None


def _folded(text: str) -> str:
    return re.sub(r"\s", "", text)
