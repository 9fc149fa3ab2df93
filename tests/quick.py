"""`python -m tests.quick [BASE]`: the tests that a change calls for, in under a minute for a rule.

Changed is what differs from the last commit, or from BASE, and what git does not know yet. Imports
tell what that touches: modules that import a changed one, directly or not, are touched, and so are
the tests of their rooms. Nobody imports rules, scenarios and mutants by name, as they are found
where they stand: for them run the corpus, which all rules judge, and the mutants of requirements
that are named in what changed. Where something changed that rules or scenarios rest on, it is one
mutant for each requirement that may be concerned. What is marked proof is left out.

This is a guess at what may break, for whoever is at work; `make test` and `make proof` tell.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

import grimp

import spec
from tests.mutants import matrix
from tests.mutants.matrix import BASES, Subject

ROOT = Path(__file__).parents[1]
PACKAGES = ("conformance", "spec", "reference_server", "reference_client", "tests")
FOUND = ("conformance.rules", "conformance.scenarios")
"""The rooms whose modules are found where they stand."""

BESIDE = {
    "reference_server": "tests/references/server",
    "reference_client": "tests/references",
    "spec": "tests/spec",
    "docs": "tests/manual",
    "manual": "tests/manual",
    "": "tests/manual tests/proof",
}
"""Where the tests are of what is no room; the files at the top are read by both."""

ON_MUTANTS = (
    "tests/mutants/test_mutants.py",
    "tests/mutants/test_client_mutants.py",
    "tests/mutants/test_table.py",
    "tests/corpus/test_recording.py",
)
"""What looks at each mutant without running the suite on it."""

MATRIX = "tests/mutants/test_matrix.py"
KILL = f"{MATRIX}::test_a_mutant_fails_with_its_own_requirement_and_no_other"
BASE_TEST = f"{MATRIX}::test_what_mutants_derive_from_is_conformant"
WORKERS = "3"
NOTHING_COLLECTED = 5


def changed(base: str) -> list[str]:
    """The paths of what changed since a commit, as git says them from the top of the tree."""
    differing = _git("diff", "--name-only", base)
    return sorted({*differing, *_git("ls-files", "--others", "--exclude-standard")})


def _git(*words: str) -> list[str]:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def wanted(paths: Collection[str]) -> list[str]:
    """What pytest is to run for changed paths: folders, files and single tests."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    modules = {module for path in paths for module in _modules(path, graph)}
    touched = modules.union(*(graph.find_downstream_modules(module) for module in modules))
    found = set(_beside(paths))
    for module in touched:
        found |= set(_tests_of(module))
    if any(module.startswith("conformance.rules") for module in touched):
        found.add("tests/corpus")
    subjects = set(_subjects(paths, touched))
    if subjects:
        found |= {f"{BASE_TEST}[{role}-{name}]" for role in BASES for name in BASES[role]}
        found |= {f"{KILL}[{role}-{name}]" for role, name in subjects}
    return sorted(each for each in _once(found) if (ROOT / each.partition("::")[0]).exists())


def _modules(path: str, graph: grimp.ImportGraph) -> Iterator[str]:
    """The module that a path is, or the modules of the package that it is read by."""
    place = PurePosixPath(path)
    if place.parts[0] not in PACKAGES:
        return
    if place.suffix == ".py":
        module = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
        yield from {module} & graph.modules
    elif place.parts[0] != "tests":
        package = place.parts[0]
        yield from {package, *graph.find_descendants(package)}


def _beside(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = PurePosixPath(path).parts
        yield from BESIDE.get(parts[0] if len(parts) > 1 else "", "").split()
        if parts[0] == "tests" and not path.endswith(".py"):
            yield "/".join(parts[:2])
        if parts[:2] == ("tests", "mutants"):
            yield from ON_MUTANTS


def _tests_of(module: str) -> Iterator[str]:
    """The tests of a module's room, or the module itself, if it has tests."""
    parts = module.split(".")
    if parts[0] == "conformance" and len(parts) > 1:
        yield f"tests/rooms/{parts[1]}"
        yield f"tests/rooms/test_{parts[1]}.py"
    if parts[0] == "tests" and parts[-1] == "conftest":
        yield "/".join(parts[:-1])
    if parts[-1].startswith("test_") and not "/".join(parts).startswith(MATRIX[:-3]):
        yield "/".join(parts) + ".py"


def _subjects(paths: Iterable[str], touched: Collection[str]) -> Iterator[Subject]:
    """The mutants to be run: all of what is named in rules, scenarios and mutants that changed."""
    rows = {role: matrix.rows(role) for role in BASES}
    runnable = set(matrix.in_virtual_time())
    named, rests = set[str](), set[str]()
    for path in paths:
        if path.startswith(("conformance/rules/", "conformance/scenarios/", "tests/mutants/")):
            named |= ids_in(path)
    for module in touched:
        if module.startswith(FOUND) and module not in FOUND:
            rests |= ids_in(module.replace(".", "/") + ".py")
    for role, row in rows.items():
        for requirement, mutants in row.items():
            subjects = [(role, each.name) for each in mutants if (role, each.name) in runnable]
            if requirement in named:
                yield from subjects
            elif requirement in rests:
                yield from subjects[:1]


def ids_in(path: str) -> set[str]:
    """The IDs of requirements that are named in a file; none where there is no such file."""
    file = ROOT / path
    if file.suffix != ".py" or not file.exists():
        return set()
    words = set(re.findall(r'"([A-Z]+(?:-[A-Z]+)+)"', file.read_text("utf-8")))
    return words & {each.id for each in spec.requirements()}


def _once(found: Collection[str]) -> Iterator[str]:
    """What lies in none of the folders that are found, too."""
    for each in found:
        above = {parent.as_posix() for parent in PurePosixPath(each.partition("::")[0]).parents}
        if not above & set(found):
            yield each


def main() -> int:
    """Run what the change calls for; return the exit code of pytest, 0 where nothing is to run."""
    paths = changed(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
    tests = wanted(paths)
    print(f"{len(paths)} files changed; what runs:", *tests or ["nothing"], sep="\n  ", flush=True)
    if not tests:
        return 0
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--numprocesses", WORKERS, "--dist", "worksteal",
         "-m", "not proof", *tests],
        cwd=ROOT, check=False,
    )  # fmt: skip
    return 0 if run.returncode == NOTHING_COLLECTED else run.returncode


if __name__ == "__main__":
    sys.exit(main())
