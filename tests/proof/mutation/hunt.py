"""`python -m tests.proof.mutation.hunt [FILE...]`: traces that tell a change from none.

Where the corpus notices nothing of a change, those of its traces that come past the changed line
are altered by chance until the rules say of one of them something else than without the change.
That one is kept.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, TypeAlias, TypeVar

from conformance.trace.trace import Role, Trace
from tests.corpus.files import CORPUS, hunted, judgement_of, recorded, traces_in, write
from tests.corpus.wild import wild
from tests.proof.mutation.mutation import (
    ROLES,
    ROOT,
    Mutation,
    chosen,
    judged_by,
    mutations,
    planned,
)
from tests.proof.mutation.survivors import survivors
from tests.proof.mutation.trial import (
    Corpus,
    corpus,
    forked,
    judged_otherwise,
    make,
    preload,
    withdraw,
)

LARGEST = 24_000
"""How many characters a trace may have that others are made of."""

BROKEN = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""How a changed rule breaks down: then the trace tells it, too."""

T = TypeVar("T")
Reached: TypeAlias = Mapping[int, Sequence[int]]
"""The positions of the traces in whose judgement a line is run, by the line's number."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt; return 0 however much was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.mutation.hunt", description=__doc__
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="of the plan; globs; else all")
    parser.add_argument("--traces", type=int, default=3_000, help="to make for each changed line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    operators, tests = planned()
    preload()
    listed = survivors()
    for file in chosen(list(tests), given.files):
        made = [m for m in mutations(file, operators) if not any(s.covers(m) for s in listed)]
        unnoticed = _unnoticed(made, corpus(*judged_by(file)), given.jobs)
        bases = [trace for role in judged_by(file) for trace in _bases(role)]
        reached = _in_a_process(partial(_reached, bases, file))
        looks = [
            partial(_look, list(changes), bases, reached, given.traces, given.seed)
            for _, changes in groupby(sorted(unnoticed, key=lambda m: m.line), lambda m: m.line)
        ]
        found: list[Trace] = []
        for told in _side_by_side(looks, given.jobs):
            for mutation, trace in told:
                print("told" if trace else "NOT TOLD", mutation, flush=True)
                found += [trace] if trace and trace not in found else []
        print(f"{file}: {len(unnoticed)} of {len(made)} not noticed before", flush=True)
        for role in ROLES:
            if kept := [trace for trace in found if trace.role == role]:
                _keep(role, kept)
    return 0


def _unnoticed(made: Sequence[Mutation], known: Corpus, jobs: int) -> list[Mutation]:
    def noticed(mutation: Mutation) -> bool:
        withdraw()
        make(mutation)
        return judged_otherwise(known)

    work = [partial(noticed, mutation) for mutation in made]
    # Who broke down under the change has noticed it, too.
    answers = list(_side_by_side(work, jobs, failed=True))
    return [mutation for mutation, answer in zip(made, answers, strict=True) if not answer]


def _bases(role: Role) -> list[Trace]:
    return [
        trace
        for path in recorded()
        if path.parent.name == role
        for trace in traces_in(path, trusted=True)
        if sum(map(len, trace.to_lines())) <= LARGEST
    ]


def _reached(traces: Sequence[Trace], file: str) -> Reached:
    from tests.corpus.judged import lines

    path, reached, lines_run = str(ROOT / file), dict[int, list[int]](), set[int]()

    def enters(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        return runs if frame.f_code.co_filename == path else None

    def runs(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        lines_run.add(frame.f_lineno)
        return runs

    list(lines(traces[:1]))  # so that everything is imported
    for n, trace in enumerate(traces):
        lines_run.clear()
        sys.settrace(enters)
        list(lines([trace]))
        sys.settrace(None)
        for line in lines_run:
            reached.setdefault(line, []).append(n)
    return reached


def _look(
    changes: Sequence[Mutation], bases: Sequence[Trace], reached: Reached, count: int, seed: int
) -> list[tuple[Mutation, Trace | None]]:
    """For each change of a line, the smallest trace found that tells it."""
    withdraw()
    line = changes[0].line
    # Of an expression over several lines, not each is told; what is run once, is run for all.
    near = next((n for n in range(line, line - 5, -1) if n in reached), None)
    past = bases if near is None else [bases[n] for n in reached[near]]
    random = Random(f"{seed} {changes[0].file} {line}")
    drawn = sorted((wild(random, past) for _ in range(count)), key=lambda t: len(t.events))
    expected = _in_a_process(partial(_judged, drawn))
    pool = [([trace], said) for trace, said in zip(drawn, expected, strict=True)]

    def first(change: Mutation) -> int | None:
        make(change)
        return next((n for n, each in enumerate(pool) if _tells(each)), None)

    told = [_in_a_process(partial(first, change), failed=None) for change in changes]
    return [
        (change, None if n is None else drawn[n]) for change, n in zip(changes, told, strict=True)
    ]


def _tells(each: tuple[Sequence[Trace], Sequence[str]]) -> bool:
    try:
        return judged_otherwise([each])
    except BROKEN:
        return True


def _judged(traces: Iterable[Trace]) -> list[list[str]]:
    from tests.corpus.judged import lines

    return [list(lines([trace])) for trace in traces]


def _keep(role: Role, traces: Sequence[Trace]) -> None:
    path = hunted(CORPUS / role)
    there = traces_in(path, trusted=True) if path.exists() else []
    write(path, [*there, *(trace for trace in traces if trace not in there)])
    said = _in_a_process(partial(_judged, traces_in(path, trusted=True)))
    judgement_of(path).write_text("".join(f"{line}\n" for each in said for line in each), "utf-8")


def _in_a_process(work: Callable[[], T], **failed: T) -> T:
    return next(_side_by_side([work], 1, **failed))


def _side_by_side(work: Sequence[Callable[[], T]], jobs: int, **failed: T) -> Iterator[T]:
    """Do each piece of work in a process of its own, so many at once; yield the answers in order.

    Raises ``RuntimeError`` for work that breaks down, unless `failed` says what then is the answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        answers = [Path(folder, str(n)) for n in range(len(work))]

        def do(n: int) -> int:
            answers[n].write_bytes(pickle.dumps(work[n]()))
            return 0

        running = set[int]()
        for n in range(len(work)):
            if len(running) == jobs:
                running.discard(os.wait()[0])
            running.add(forked(partial(do, n)))
        while running:
            running.discard(os.wait()[0])
        for answer in answers:
            if answer.exists():
                yield pickle.loads(answer.read_bytes())
            elif "failed" in failed:
                yield failed["failed"]
            else:
                raise RuntimeError("A process broke down: see above.")


if __name__ == "__main__":
    sys.exit(main())
