"""Runs of the command in virtual time on one peer, many in a row: whether all say the same.

Dates and durations are left out: in virtual time what a peer computes takes as long as it takes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.load import busy_loops
from tests.references.client_js.node import ROOT

LONGEST = 600.0  # seconds of real time; a run takes about three on a machine that is idle
FORMATS = ("json", "junit", "markdown", "html")
SHOWN = 40  # lines of a difference

PEERS: dict[str, Sequence[str]] = {
    "reference server": ("server", "asgi:reference_server:app/ws"),
    "reference client in Python": ("client", "py:reference_client:live"),
}
"""What is checked, and how it is named; with another name a command may have more arguments."""

DATES_AND_DURATIONS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\+00:00)?"), "DATE"),
    (re.compile(r"\btook [\d.]+ m?s"), "took DURATION"),
    (re.compile(r'("duration": )[\d.]+'), r"\1DURATION"),
    (re.compile(r'(\btime=")[\d.]+'), r"\1DURATION"),
)


@dataclass(frozen=True)
class Alike:
    """How many runs there were, and how many different reports; `first` is a difference."""

    runs: int
    reports: int
    differing: int
    first: str = ""


def on(arguments: Sequence[str], idle: int, busy: int, loops: int) -> Alike:
    """Check a peer many times in a row, some of them beside so many busy loops."""
    found = [_report(arguments) for _ in range(idle)]
    if busy:
        with busy_loops(loops):
            found += [_report(arguments) for _ in range(busy)]
    return compared(found)


def compared(reports: Sequence[str]) -> Alike:
    """How much several reports differ from the most frequent one, in any byte."""
    counted = Counter(reports)
    if not counted:
        return Alike(0, 0, 0)
    (usual, times), *others = counted.most_common()
    lines = unified_diff(usual.splitlines(), others[0][0].splitlines(), n=2) if others else ()
    first = "\n".join(islice(lines, SHOWN))
    return Alike(len(reports), len(counted), len(reports) - times, first)


def without_dates_and_durations(text: str) -> str:
    """A report without what is different each time."""
    for pattern, instead in DATES_AND_DURATIONS:
        text = pattern.sub(instead, text)
    return text


def _report(arguments: Sequence[str]) -> str:
    """What a run says on the console and in each format, and the code with which it ends."""
    with TemporaryDirectory() as folder:
        files = {each: Path(folder, each) for each in FORMATS}
        options = [part for each, file in files.items() for part in (f"--{each}", str(file))]
        run = subprocess.run(
            [sys.executable, "-m", "conformance", *arguments, "--virtual", *options],
            capture_output=True, text=True, timeout=LONGEST, check=False, cwd=ROOT,
        )  # fmt: skip
        assert run.stdout, run.stderr
        written = "\n".join(file.read_text("utf-8") for file in files.values())
    told = run.stdout.replace(folder, "FOLDER") + written.replace(folder, "FOLDER")
    return f"exit code {run.returncode}\n{without_dates_and_durations(told)}"
