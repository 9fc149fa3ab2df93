"""`python -m tests.corpus record [NAME...] | judge`: make the corpus, or what is expected of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from conformance.trace.trace import Trace
from tests.corpus import recording
from tests.corpus.files import CORPUS, hunted, judgement_of, recorded, traces_in, write
from tests.corpus.judged import lines
from tests.mutants.matrix import Subject


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return 2 for a name that there is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    making = parts.add_parser("record", help="make the traces, and judge them")
    making.add_argument("names", nargs="*", metavar="NAME", help="of mutants; else everything")
    making.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parts.add_parser("judge", help="write down what the rules say of the traces")
    given = parser.parse_args(arguments)
    if given.part == "judge":
        _judge(recorded())
        return 0
    wanted = [each for each in recording.subjects() if each[1] in given.names]
    if unknown := set(given.names) - {name for _, name in wanted}:
        parser.error(f"no mutant that runs in virtual time is called {', '.join(sorted(unknown))}")
    if wanted:
        _judge([_write(*found) for found in recording.of_subjects(wanted, given.jobs)])
        return 0
    subjects = recording.of_subjects(recording.subjects(), given.jobs)
    # Whatever cannot be made is noticed before anything is thrown away.
    everything = list(chain(recording.of_models(), subjects))
    for path in recorded():
        if path != hunted(path.parent):
            path.unlink()
            judgement_of(path).unlink(missing_ok=True)
    _judge([_write(*found) for found in everything])
    return 0


def _judge(paths: Iterable[Path]) -> None:
    for path in paths:
        said = "".join(f"{line}\n" for line in lines(traces_in(path, trusted=False)))
        judgement_of(path).write_text(said, "utf-8")


def _write(subject: Subject, traces: Sequence[Trace]) -> Path:
    role, name = subject
    path = CORPUS / role / f"{name}.jsonl"
    write(path, traces)
    return path


if __name__ == "__main__":
    sys.exit(main())
