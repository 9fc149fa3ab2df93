"""`pytest --wsbeat-server URL`, as a team with a Python test suite uses it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.peers.process import running

LONGEST = 120.0  # seconds; a run at `fast` timing takes a few
OWN_TEST = "def test_of_the_project():\n    assert True\n"
NOWHERE = "ws://127.0.0.1:1/ws"


@pytest.fixture(scope="module")
def compliant() -> Iterator[str]:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        yield server.url


@pytest.fixture(scope="module")
def naive() -> Iterator[str]:
    with running("tests.peers.naive_server", "--port", "0", "--timing", "fast") as server:
        yield server.url


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_project.py").write_text(OWN_TEST, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (tmp_path / "few.toml").write_text("examples = 10\n", "utf-8")
    return tmp_path


def check(project: Path, server: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Check a server with few examples, where it does not matter how many there are."""
    few = ("--wsbeat-config", "few.toml", "--wsbeat-timing", "fast")
    return run(project, *arguments, "--wsbeat-server", server, *few)


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project, without the plugins that happen to be installed beside ours."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:asyncio", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


def test_nothing_is_added_unless_it_is_asked_for(project: Path) -> None:
    ran = run(project)
    assert ran.returncode == 0
    assert "1 passed" in ran.stdout
    assert "wsbeat::" not in ran.stdout


@pytest.fixture
def namesake(project: Path) -> Path:
    """A project that has packages with the names of wsbeat's own, and tests them."""
    for name in ("conformance", "spec"):
        (project / name).mkdir()
        (project / name / "__init__.py").write_text("OWN = True\n", "utf-8")
    (project / "test_project.py").write_text(
        "import sys, conformance, spec\n"
        "def test_of_the_project():\n"
        "    assert conformance.OWN and spec.OWN\n"
        "    assert not {'conformance.run', 'hypothesis', 'websockets'} & sys.modules.keys()\n",
        "utf-8",
    )
    return project


def test_a_project_with_packages_of_the_same_names_keeps_working(namesake: Path) -> None:
    ran = run(namesake, "-p", "no:hypothesispytest")
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_where_such_a_package_hides_wsbeat_it_is_said(namesake: Path) -> None:
    ran = run(namesake, "--wsbeat-server", NOWHERE)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the package conformance of this project" in ran.stderr
    assert "hides wsbeat's own" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.proof
def test_every_requirement_is_a_test_beside_the_project_s_own(
    project: Path, compliant: str
) -> None:
    ran = run(project, "-v", "--wsbeat-server", compliant, "--wsbeat-timing", "fast")
    assert ran.returncode == 0, ran.stdout
    assert "test_project.py::test_of_the_project PASSED" in ran.stdout
    for name in ("S-PONG", "S-ECHO-DATA", "S-TIMEOUT-CODE"):
        assert f"wsbeat::{name} PASSED" in ran.stdout
    assert "wsbeat::B-TIMEOUT SKIPPED" in ran.stdout
    assert ran.stdout.count("wsbeat checks ") == 1, "one run is behind all of them"


@pytest.mark.proof
def test_the_run_is_about_what_k_leaves(project: Path, compliant: str) -> None:
    ran = check(project, compliant, "-k", "S-PONG")
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout
    assert ": 2 requirements, about" in ran.stdout


@pytest.mark.proof
def test_a_failure_is_the_page_on_its_requirement(
    project: Path, naive: str, tmp_path: Path
) -> None:
    junit = tmp_path / "report.xml"
    ran = check(project, naive, "-k", "S-ECHO and not S-ECHO-", "-x", f"--junitxml={junit}")
    assert ran.returncode == 1
    assert "A server MUST answer every business message with exactly one echo." in ran.stdout
    assert "FAILED wsbeat::S-ECHO - A business message was not echoed." in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "conformance/" not in ran.stdout
    [suite] = JUnitXml.fromfile(str(junit))
    [case] = list(suite)
    assert (case.classname, case.name) == ("wsbeat", "S-ECHO")
    assert case.result[0].message == "A business message was not echoed."
    assert "reproduce" in case.result[0].text


@pytest.mark.proof
def test_what_was_not_settled_is_no_pass(project: Path, naive: str) -> None:
    ran = check(project, naive, "-k", "S-DEPTH or S-ECHO")
    assert ran.returncode == 1
    assert "FAILED wsbeat::S-DEPTH - It can be examined once S-ECHO" in ran.stdout


def test_a_server_that_is_not_there_fails_every_requirement(project: Path) -> None:
    ran = run(project, "-k", "S-PONG", "--wsbeat-server", NOWHERE)
    assert ran.returncode == 1
    assert f"FAILED wsbeat::S-PONG - No WebSocket connection to {NOWHERE}" in ran.stdout
    assert "2 failed" in ran.stdout
    assert "Traceback" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--wsbeat-server", "http://host/"), "wsbeat: URL: "),
        (("--wsbeat-server", NOWHERE, "--wsbeat-timing", "slow"), "wsbeat: "),
        (("--wsbeat-config", "missing.toml"), "wsbeat: missing.toml: no such file"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(
    project: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = run(project, *arguments)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.proof
def test_a_config_file_says_it_all(project: Path, compliant: str) -> None:
    (project / "wsbeat.toml").write_text(
        f'url = "{compliant}"\ntiming = "fast"\nselect = ["S-PONG*"]\nexamples = 10\n', "utf-8"
    )
    ran = run(project, "-v", "--wsbeat-config", "wsbeat.toml")
    assert ran.returncode == 0, ran.stdout
    assert "3 passed" in ran.stdout, "two requirements and the project's own test"
    assert "S-ECHO" not in ran.stdout


KNOWN = """\
[[known_failing]]
requirement = "{}"
reason = "until the next release"
expires = {}
"""


def with_list(project: Path, *entries: tuple[str, str]) -> None:
    """Have a project list what is known to fail, each with the last day on which that holds."""
    listed = "\n".join(KNOWN.format(*entry) for entry in entries)
    (project / "known.toml").write_text(listed, "utf-8")
    few = 'examples = 10\nselect = ["S-PONG"]\nknown_failing = "known.toml"\n'
    (project / "few.toml").write_text(few, "utf-8")


def test_what_is_known_to_fail_is_an_expected_failure(project: Path) -> None:
    with_list(project, ("S-PONG", "2099-01-01"))
    arguments = ("answers_every_ping_twice", "--port", "0", "--timing", "fast")
    with running("tests.mutants", *arguments) as server:
        ran = check(project, server.url, "-rx")
    assert ran.returncode == 0, ran.stdout
    assert "1 xfailed" in ran.stdout
    assert re.search(r"XFAIL .*S-PONG.* until the next release", ran.stdout), ran.stdout


@pytest.mark.proof
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (("S-PONG", "2099-01-01"), "S-PONG is known to fail, and passed"),
        (("S-PONG", "2020-01-01"), "and that is over"),
    ],
)
def test_a_list_that_is_not_true_fails_the_test_of_its_requirement(
    entry: tuple[str, str], sentence: str, project: Path, compliant: str
) -> None:
    with_list(project, entry)
    ran = check(project, compliant)
    assert ran.returncode == 1
    assert sentence in ran.stdout, ran.stdout
    assert re.search(r"FAILED .*S-PONG", ran.stdout)
    assert "1 failed" in ran.stdout
