"""The steps that install wsbeat elsewhere, run in a clean folder: the action's, those of Docker."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manual.test_gates import ACTION, ROOT

pytestmark = [pytest.mark.proof, pytest.mark.long]

LONGEST = 400.0  # seconds; pip makes wheels and fetches what they depend on


def run(command: str, folder: Path, **environ: str) -> str:
    """Run a command of a shell in a folder, with no variable but what is said."""
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], **_pip(), **environ},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _pip() -> dict[str, str]:
    """Where pip finds packages, if it was told."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def test_the_action_installs_wsbeat(tmp_path: Path) -> None:
    [step] = [each for each in ACTION["runs"]["steps"] if each.get("name") == "Install wsbeat"]
    what = ACTION["inputs"]["install"]["default"].replace("${{ github.action_path }}", str(ROOT))
    run(step["run"], tmp_path, RUNNER_TEMP=str(tmp_path), INSTALL=what)
    assert "protocol" in run("wsbeat-venv/bin/wsbeat --version", tmp_path)
    assert "uvicorn" in run("wsbeat-venv/bin/python -m pip list", tmp_path)


def test_the_dockerfile_installs_wsbeat(tmp_path: Path) -> None:
    """What its first stage copies and runs, under a folder that stands for the root."""
    stage = (ROOT / "Dockerfile").read_text("utf-8").partition("\n\n")[0]
    for line in stage.splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0] == "FROM":
            continue
        if words[0] == "COPY":
            *sources, to = words[1:]
            for source in sources:
                _copy(ROOT / source, tmp_path / to.strip("/"), is_folder=to.endswith("/"))
        else:
            assert words[0] == "RUN"
            command = re.sub(
                r"(?<![\w.])/(opt|wsbeat)", rf"{tmp_path}/\1", line.removeprefix("RUN ")
            )
            run(command, tmp_path)
    assert "protocol" in run("opt/wsbeat/bin/wsbeat --version", tmp_path)
    assert "S-PONG" in run("opt/wsbeat/bin/wsbeat list", tmp_path)


def _copy(source: Path, to: Path, *, is_folder: bool) -> None:
    """What COPY does: a folder's content goes into what it is copied to."""
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True)
        return
    target = to / source.name if is_folder else to
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
