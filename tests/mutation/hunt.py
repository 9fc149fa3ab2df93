"""`python -m tests.mutation.hunt [FILE...]`: traces for the corpus that tell a change from none.

Traces of the corpus are altered by chance until the rules, with a change that the corpus does not
notice, say something else of one of them than without. That one is kept.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeAlias

from conformance.trace import Role, Trace
from tests.corpus.files import CORPUS, recorded, traces_in, write
from tests.corpus.wild import wild
from tests.mutation.mutation import Mutation, chosen, mutations, planned
from tests.mutation.survivors import survivors
from tests.mutation.trial import Corpus, corpus, forked, judged_otherwise, make, preload, withdraw

ROLES: Sequence[Role] = ("server", "client")
SHARED = frozenset({"__init__", "observation", "rule"})
"""Of the rules, what both roles are judged with."""

LARGEST = 24_000
"""How many characters a trace may have that others are made of."""

KEPT = "hunted.jsonl"
"""The file of the corpus, for each role, that takes what is found."""

Pool: TypeAlias = Sequence[tuple[Trace, list[str]]]
"""Traces, and what the rules say of each."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt; return 0 however much was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.hunt", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="of the plan; globs; else all")
    parser.add_argument("--traces", type=int, default=10_000, help="to look through, per role")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    operators, tests = planned()
    preload()
    known, listed = corpus(), survivors()
    pools = {role: _pool(role, given.traces, given.seed) for role in ROLES}
    kept: list[tuple[Trace, list[str]]] = []
    for file in chosen(list(tests), given.files):
        found = [m for m in mutations(file, operators) if not any(s.covers(m) for s in listed)]
        pool = [each for role in _judged_by(file) for each in pools[role]]
        _hunt(found, known, pool, kept, given.jobs)
        for role in ROLES:
            _keep(role, [trace for trace, _ in kept if trace.role == role])
    return 0


def _judged_by(file: str) -> Sequence[Role]:
    """The roles whose traces a change of the file can tell in."""
    path = Path(file)
    if path.name.startswith("client_"):
        return ("client",)
    return ("server",) if path.parent.name == "rules" and path.stem not in SHARED else ROLES


def _pool(role: Role, count: int, seed: int) -> Pool:
    """Many altered traces, the small ones first."""
    random = Random(seed)
    known = [
        trace
        for path in recorded()
        if path.parent.name == role
        for trace in traces_in(path, trusted=True)
        if sum(map(len, trace.to_lines())) <= LARGEST
    ]
    drawn = sorted((wild(random, known) for _ in range(count)), key=lambda t: len(t.events))
    with tempfile.NamedTemporaryFile() as file:
        os.waitpid(forked(partial(_judge, drawn, file.name)), 0)
        expected: list[list[str]] = pickle.loads(Path(file.name).read_bytes())
    return list(zip(drawn, expected, strict=True))


def _judge(traces: Sequence[Trace], into: str) -> int:
    from tests.corpus.judged import lines

    Path(into).write_bytes(pickle.dumps([list(lines([trace])) for trace in traces]))
    return 0


def _hunt(
    found: Sequence[Mutation],
    known: Corpus,
    pool: Pool,
    kept: list[tuple[Trace, list[str]]],
    jobs: int,
) -> None:
    """Look for a trace that tells each mutation, so many side by side; add it to those kept."""
    running = dict[int, Mutation]()
    with tempfile.TemporaryDirectory() as folder:

        def take() -> None:
            pid, status = os.wait()
            mutation, told = running.pop(pid), Path(folder, str(pid))
            if told.exists():
                kept.append(pool[int(told.read_text())])
                print(f"{len(kept)} told {mutation}", flush=True)
            elif not status:
                print(f"NOT TOLD {mutation}", flush=True)

        for mutation in found:
            if len(running) == jobs:
                take()
            running[forked(partial(_look, mutation, [*known, *_each(kept)], pool, folder))] = (
                mutation
            )
        while running:
            take()


def _look(mutation: Mutation, known: Corpus, pool: Pool, folder: str) -> int:
    withdraw()
    make(mutation)
    if judged_otherwise(known):
        return 1
    for n, each in enumerate(_each(pool)):
        if judged_otherwise([each]):
            Path(folder, str(os.getpid())).write_text(str(n))
            return 1
    return 0


def _each(traces: Pool) -> Iterator[tuple[Sequence[Trace], Sequence[str]]]:
    for trace, expected in traces:
        yield [trace], expected


def _keep(role: Role, traces: Sequence[Trace]) -> None:
    path = CORPUS / role / KEPT
    there = traces_in(path, trusted=True) if path.exists() else []
    write(path, [*there, *(trace for trace in traces if trace not in there)])


if __name__ == "__main__":
    sys.exit(main())
