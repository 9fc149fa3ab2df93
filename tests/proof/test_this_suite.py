"""The tests of wsbeat itself cannot go green for want of being run, awaited or remembered."""

from __future__ import annotations

import ast
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 60.0  # seconds
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
LEAVING_OUT = ("-k", "-m", "--ignore", "--deselect", "--lf", "--last-failed", "-x", "--maxfail")
BESIDE = ("--numprocesses", "$(WORKERS)", "--dist", "worksteal")
"""What says how tests run, not which."""

NEVER_AWAITED = """
async def checked():
    assert False

def test_it():
    checked()
"""
KNOWN_TO_FAIL = """
import pytest

@pytest.mark.xfail(reason="once it did")
def test_it():
    pass
"""
MISSPELT = """
import pytest

@pytest.mark.xfial(reason="misspelt")
def test_it():
    pass
"""


@pytest.mark.parametrize(
    ("code", "words"),
    [(NEVER_AWAITED, "never awaited"), (KNOWN_TO_FAIL, "XPASS(strict)"), (MISSPELT, "xfial")],
    ids=["never awaited", "no longer failing", "unknown mark"],
)
def test_what_looks_like_a_test_and_is_none_fails(code: str, words: str, tmp_path: Path) -> None:
    """Under the very settings with which all other tests run."""
    (tmp_path / "test_hollow.py").write_text(code, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir",
         str(tmp_path), "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert ran.returncode not in (0, 5), ran.stdout
    assert words in ran.stdout + ran.stderr


def _runs_of(target: str) -> list[list[str]]:
    """The options of each run of pytest by `make` that say which tests run."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.partition(f"\n{target}:")[2].partition("\n\n")[0]
    lines = [line for line in recipe.splitlines()[1:] if "$(PYTEST)" in line]
    runs = [shlex.split(line.partition("$(PYTEST)")[2]) for line in lines]
    return [[word for word in run if word not in BESIDE] for run in runs]


def test_every_test_is_run_by_make_test_or_make_proof_or_make_live() -> None:
    """The mutants and the enemies among them: what can be left out will be, and then rots."""
    assert SETTINGS["ini_options"]["testpaths"] == ["tests"]
    assert not set(SETTINGS["ini_options"]["addopts"].split()) & set(LEAVING_OUT)
    assert _runs_of("units") == [["-m", "not proof"]]
    assert re.search(r"^test: .*\n(\t.*\n)*\t.* lint units$", (ROOT / "Makefile").read_text(), re.M)
    assert _runs_of("proof") == [["-m", "virtual"]]
    live = [["-m", "proof and not alone and not virtual"], ["-m", "proof and alone"]]
    assert _runs_of("live") == live
    commands = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert commands[-2:] == ["make test", "make proof"]


PACKAGES = "conformance|manual|reference_client|reference_server|spec|tests"
NO_MODULES = {"conformance.scenarios.nowhere", "spec.zip"}
"""What a test names because it is not there, and a file."""


def _named() -> Iterator[tuple[str, str]]:
    """The modules, and what is in them, that the tests name in strings: most are started so.

    A name that is put together when the test runs is given as it is written.
    """
    string = re.compile(rf'"((?:{PACKAGES})\.[a-z_.]*(?=["{{])[^"]*)"')
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for name in string.findall(line):
                yield f"{path.relative_to(ROOT)}:{number}", name


def _is_there(name: str) -> bool:
    """Whether there is such a module, or such a thing in one."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        # Its parent is a module, and no package.
        with suppress(ModuleNotFoundError, AttributeError):
            pkgutil.resolve_name(name)
            return True
    return False


def test_what_is_named_in_a_string_is_there() -> None:
    """No import tells of a module that moved, and is started by its name."""
    named = [(where, name) for where, name in _named() if name not in NO_MODULES]
    assert ("tests/proof/bench.py", "tests.peers.mends.server") in {
        (where.partition(":")[0], name) for where, name in named
    }
    assert [each for each in named if not _is_there(each[1])] == []


def _skips() -> Iterator[tuple[str, ast.Call | ast.Attribute]]:
    """Everything in the tests that lets a test be skipped, or fail."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        # What is raised by a skip is only named where a test expects it.
        called |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "Exception"
        }
        for node in ast.walk(tree):
            found = node.func if isinstance(node, ast.Call) else node
            if not isinstance(found, ast.Attribute) or (found is node and found in called):
                continue
            if found.attr in ("skip", "skipif", "xfail", "importorskip"):
                yield f"{path.relative_to(ROOT)}:{found.lineno}", node  # type: ignore[misc]


def test_nothing_is_skipped_or_let_fail_without_a_reason() -> None:
    found = list(_skips())
    assert len(found) > 3, "or this test looks at the wrong thing"
    for where, node in found:
        assert isinstance(node, ast.Call), f"{where} gives no reason"
        reasons = [each.value for each in node.keywords if each.arg == "reason"] or node.args[:1]
        assert reasons, f"{where} gives no reason"
        assert not isinstance(reasons[0], ast.Constant) or reasons[0].value, where
