"""The corpus and the quick tests on changed code, in a process forked with all libraries loaded.

Nothing is written to the disk: the changed source takes the place of the file when it is imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType, ModuleType
from typing import Literal, TypeAlias

from conformance.trace.trace import Role, Trace
from tests.corpus.files import expected_of, recorded, traces_in
from tests.proof.mutation.mutation import ROLES, ROOT, Mutation, judged_by

Fate: TypeAlias = Literal["killed", "survived", "timed out"]

UNCHANGED = frozenset(
    {
        "conformance",
        "conformance.trace",
        "conformance.trace.event",
        "conformance.trace.file",
        "conformance.trace.run_length",
        "conformance.trace.trace",
    }
)
"""What is loaded before anything is changed, and so cannot be changed."""

Corpus: TypeAlias = Sequence[tuple[Sequence[Trace], Sequence[str]]]
"""Traces, and what the rules are to say of them."""

EFFORT = "0.1"
"""The fraction of the seeds that are tried on each change."""

LONGEST = 40
"""Seconds of processor time that the tests may take; on unchanged code they take two or three."""

MEMORY = 4 * 2**30

QUIET = (
    "--assert=plain",
    "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:wsbeat",
    "-p", "no:faulthandler", "-k", "not test_every_rule_is_attacked",
)  # fmt: skip
"""The test left out asks whether the attacks are many enough: of a few seeds, they are not."""


@dataclass(frozen=True, slots=True)
class Changed(importlib.abc.MetaPathFinder):
    """Finds the changed source in the place of its file."""

    module: str
    path: str
    source: str

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module with its change; None for every other module."""
        if fullname != self.module:
            return None
        loader = _Loader(fullname, self.path)
        loader.changed = self.source
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    changed = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.changed, self.path, "exec", dont_inherit=True)


def tried(
    work: Iterable[tuple[Mutation, tuple[str, ...]]], jobs: int
) -> Iterator[tuple[Mutation, Fate]]:
    """Run the tests of each mutation, so many side by side, and yield what became of it."""
    preload()
    known, running = {role: corpus(role) for role in ROLES}, dict[int, Mutation]()
    for mutation, tests in work:
        if len(running) == jobs:
            yield _next_of(running)
        concerned = [each for role in judged_by(mutation.file) for each in known[role]]
        running[forked(partial(_run, mutation, tests, concerned))] = mutation
    while running:
        yield _next_of(running)


def unchanged(tests: Sequence[str]) -> bool:
    """Whether the tests pass when nothing is changed."""
    preload()
    _, status = os.waitpid(forked(partial(_run, None, tests, corpus(*ROLES))), 0)
    return os.waitstatus_to_exitcode(status) == 0


def preload() -> None:
    """Load the libraries that do not depend on what is changed, before forking."""
    for name in ("pytest", "hypothesis", "jsonschema", "websockets", "spec"):
        importlib.import_module(name)
    assert {name for name in sys.modules if name.startswith("conformance")} == UNCHANGED


def corpus(*roles: Role) -> Corpus:
    """All there is of some roles, read before anything is changed."""
    return [
        (traces_in(path, trusted=True), expected_of(path))
        for role in roles
        for path in recorded()
        if path.parent.name == role
    ]


def _next_of(running: dict[int, Mutation]) -> tuple[Mutation, Fate]:
    pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    fate: Fate = "survived" if code == 0 else "timed out" if code == -signal.SIGXCPU else "killed"
    return running.pop(pid), fate


def forked(work: Callable[[], int]) -> int:
    """Do some work in a process of its own, which ends with its answer; return its number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        code = work()
    finally:
        os._exit(code)


def _run(mutation: Mutation | None, tests: Sequence[str], known: Corpus) -> int:
    withdraw()
    if mutation is not None:
        make(mutation)
    return judged_otherwise(known) or _tested(tests)


def withdraw() -> None:
    """Bound what this process may use, and let it say nothing."""
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def make(mutation: Mutation) -> None:
    """Let the changed source be what this process imports."""
    module = mutation.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    path = str(ROOT / mutation.file)
    sys.meta_path.insert(0, Changed(module, path, mutation.source))


def judged_otherwise(known: Corpus) -> bool:
    """Whether the rules say something else of some traces than is expected."""
    from tests.corpus.judged import lines

    return any(list(lines(traces)) != expected for traces, expected in known)


def _tested(tests: Sequence[str]) -> int:
    import pytest

    os.environ["WSBEAT_TEST_EFFORT"] = EFFORT
    return int(pytest.main([*QUIET, "--rootdir", str(ROOT), *(str(ROOT / t) for t in tests)]))
