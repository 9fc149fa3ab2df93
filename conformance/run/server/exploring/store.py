"""A store of what was drawn: whoever asks for the same again need not draw it once more.

Drawing takes longer than all else in virtual time, and disturbs what watches clocks in real time.
What is drawn depends on the question, on the versions of Python and Hypothesis, and on the modules
of wsbeat itself, from which Hypothesis takes constants: where any of these is another, it is drawn.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import spec

MOST = 400
"""How many files are kept; where there are more, those go that were not used for longest."""

Question: TypeAlias = Sequence[Any]
"""What is to be drawn, in values that JSON has."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder with a file for each question; without a folder nothing is kept."""

    folder: Path | None = None
    made_by: str = ""
    """What decides, besides the question, what is drawn."""

    @classmethod
    def at(cls, folder: str | None) -> Store:
        """The store in a folder, which need not be there yet."""
        return cls() if folder is None else cls(Path(folder), _made_by())

    def find(self, question: Question) -> Sequence[str] | None:
        """The lines that were kept for a question, if there are any, and they are whole."""
        if self.folder is None:
            return None
        file = self._file(self.folder, question)
        try:
            text = file.read_text("utf-8")
            os.utime(file)
        except (OSError, UnicodeDecodeError):
            return None
        digest, _, lines = text.partition("\n")
        return lines.splitlines() if digest == _digest(lines) else None

    def keep(self, question: Question, lines: Sequence[str]) -> None:
        """Keep the lines for a question; where that cannot be done, they will be drawn again."""
        if self.folder is None:
            return
        text = "".join(f"{line}\n" for line in lines)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self._file(self.folder, question), f"{_digest(text)}\n{text}")
            _make_room(self.folder)

    def _file(self, folder: Path, question: Question) -> Path:
        return folder / _digest(json.dumps([self.made_by, question]))


def _replace(file: Path, text: str) -> None:
    """Write a file so that nobody ever finds half of it."""
    number, name = tempfile.mkstemp(dir=file.parent)
    try:
        with open(number, "w", encoding="utf-8") as written:
            written.write(text)
        os.replace(name, file)
    except OSError:
        os.unlink(name)
        raise


def _make_room(folder: Path) -> None:
    """Remove what was not used for longest, where there is too much."""
    files = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
    for file in files[:-MOST]:
        file.unlink()


def _made_by() -> str:
    """What decides what is drawn: the versions of all that draws, and where wsbeat's modules lie.

    Hypothesis takes no constants from what is installed, as wsbeat may be.
    """
    packages = [Path(__file__).parents[3], Path(spec.__file__).parent]
    modules = [file for each in packages for file in sorted(each.rglob("*.py"))]
    hypothesis = find_spec("hypothesis")
    assert hypothesis is not None
    assert hypothesis.origin is not None
    told = sha256(f"{sys.version} {[str(each) for each in packages]}".encode())
    for file in (Path(hypothesis.origin).with_name("version.py"), *modules):
        told.update(file.read_bytes())
    return told.hexdigest()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
