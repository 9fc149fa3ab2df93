"""The wheel works where nothing else is: in an empty environment, from any folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.peers.process import running

pytestmark = [pytest.mark.proof, pytest.mark.long]

ROOT = Path(__file__).parents[2]
LONGEST = 300.0
INCOMPLETE = 3


def _run(*command: str | Path, cwd: Path, may_end_with: Collection[int] = (0,)) -> str:
    run = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    assert run.returncode in may_end_with, f"{command}\n{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def wsbeat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from a wheel that was built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("wsbeat-*.whl")
    _run(sys.executable, "-m", "venv", folder / "empty", cwd=folder)
    _run(*pip, "--python", folder / "empty", "install", wheel, cwd=folder)
    return folder / "empty" / "bin" / "wsbeat"


def test_it_lists_the_requirements_from_any_folder(wsbeat: Path, tmp_path: Path) -> None:
    assert "S-TIMEOUT-LATEST" in _run(wsbeat, "list", cwd=tmp_path)


def test_it_connects_from_any_folder(wsbeat: Path, tmp_path: Path) -> None:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        command: list[str | Path] = [wsbeat, "connect", server.url, "--timing", "fast"]
        with subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as client:
            assert client.stdout is not None
            assert [client.stdout.readline() for _ in range(2)] == ["connecting\n", "open\n"]
            client.terminate()
    assert client.returncode == 0


def test_it_checks_a_server_from_any_folder(wsbeat: Path, tmp_path: Path) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "__init__.py").write_text("raise ImportError('not the contract')\n")
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        few = ("--timing", "fast", "--examples", "10", "--json", "-")
        said = _run(wsbeat, "server", server.url, *few, cwd=tmp_path, may_end_with=(0, INCOMPLETE))
    verdicts = {each["id"]: each["verdict"] for each in json.loads(said)["requirements"]}
    unsure = {name for name, verdict in verdicts.items() if verdict == "inconclusive"}
    # Nothing of the contract is missing; of time, a busy machine may leave something undecided.
    assert set(verdicts.values()) <= {"passed", "not_applicable", "inconclusive"}
    assert not unsure & {"S-PONG", "S-ECHO-DATA", "S-TIMEOUT-CODE"}


def test_a_project_with_packages_of_the_same_names_keeps_working(
    wsbeat: Path, tmp_path: Path
) -> None:
    python = wsbeat.with_name("python")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "--quiet")
    _run(*pip, "install", "pytest", cwd=tmp_path)
    for name in ("conformance", "spec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("OWN = True\n", "utf-8")
    (tmp_path / "test_project.py").write_text(
        "import conformance, spec\ndef test_own():\n    assert conformance.OWN and spec.OWN\n"
    )
    assert "1 passed" in _run(python, "-m", "pytest", cwd=tmp_path)
    asked = (python, "-m", "pytest", "--wsbeat-server", "ws://127.0.0.1:1/ws")
    said = _run(*asked, cwd=tmp_path, may_end_with=(pytest.ExitCode.USAGE_ERROR,))
    assert "1 passed" not in said


def test_it_holds_the_page_and_the_client_that_the_page_runs(wsbeat: Path) -> None:
    (wheel,) = wsbeat.parents[2].glob("wsbeat-*.whl")
    client = ("heartbeat-client.js", "heartbeat-client.d.ts", "heartbeat-timing.js", "package.json")
    page = ("index.html", "page.css", "page.js")
    with ZipFile(wheel) as archive:
        assert {
            *(f"reference_client/{name}" for name in (*client, "heartbeat-connect.js")),
            *(f"reference_server/static/{name}" for name in page),
        } <= set(archive.namelist())
