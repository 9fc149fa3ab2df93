"""What gates are made of: the action and its script, what the manual shows, the Dockerfile."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.report.formats import FORMATS, render
from tests.manual.test_manual import block, options
from tests.rooms.report.samples import SECOND_PONG, judged, passed, result

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
INPUTS = ("ROLE", "TARGET", "COMMAND", "TIMING", "KNOWN_FAILING", "PROTOCOL", "ARGUMENTS")
STAND_IN = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
pathlib.Path("words.json").write_text(json.dumps(words))
for form, text in json.loads(pathlib.Path({reports!r}).read_text()).items():
    pathlib.Path(words[words.index("--" + form) + 1]).write_text(text)
sys.exit(1)
"""
"""A wsbeat that takes down what it was asked for, and writes reports that were made before."""


def linted(schema: str, path: Path) -> None:
    """See that a file is valid by a public schema of its service."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_action_is_valid_by_its_public_schema() -> None:
    linted("vendor.github-actions", ROOT / "action.yml")


@pytest.mark.parametrize(
    ("mark", "schema"),
    [
        ("github", "vendor.github-workflows"),
        ("action", "vendor.github-workflows"),
        ("gitlab", "vendor.gitlab-ci"),
    ],
)
def test_what_the_manual_shows_is_valid_by_its_public_schema(
    mark: str, schema: str, tmp_path: Path
) -> None:
    file = tmp_path / "ci.yml"
    file.write_text(block("gate-ci", mark), "utf-8")
    linted(schema, file)


def test_the_manual_uses_inputs_that_there_are() -> None:
    steps = yaml.safe_load(block("gate-ci", "action"))["jobs"]["wsbeat"]["steps"]
    [step] = [each for each in steps if "wsbeat" in each.get("uses", "")]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == set(ACTION["inputs"])


def checked(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the action's step in a clean folder; also what it asked of wsbeat."""
    programs = folder / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    made = result(passed("S-ACCEPT"), SECOND_PONG, judged("S-DROP", "warned"))
    reports = folder / "reports.json"
    reports.write_text(json.dumps({row.name: render(row.name, made) for row in FORMATS}))
    wsbeat = programs / "wsbeat"
    wsbeat.write_text(STAND_IN.format(python=sys.executable, reports=str(reports)))
    wsbeat.chmod(0o755)
    [step] = [each for each in ACTION["runs"]["steps"] if each.get("id") == "check"]
    assert set(step["env"]) == {"WSBEAT", *INPUTS}
    environ = dict.fromkeys(INPUTS, "") | {
        "WSBEAT": str(wsbeat),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "PATH": os.environ["PATH"],
        **inputs,
    }
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return ran, json.loads((folder / "words.json").read_text())


def test_the_step_hands_on_its_inputs_and_the_exit_code(tmp_path: Path) -> None:
    command = "uvicorn app:app --port {port}"
    ran, words = checked(
        tmp_path, ROLE="server", TARGET="/ws", COMMAND=command, TIMING="fast",
        KNOWN_FAILING="known.toml", PROTOCOL="1.0", ARGUMENTS="--strict  --seed 7",
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    assert words[:13] == [
        "server", "/ws", "--command", command, "--timing", "fast", "--known-failing", "known.toml",
        "--protocol", "1.0", "--strict", "--seed", "7",
    ]  # fmt: skip
    assert {word for word in words if word.startswith("--")} <= options("server")
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert (tmp_path / "summary.md").read_text().startswith("## wsbeat: violated")
    assert ran.stdout.splitlines() == [
        "::error title=S-PONG::A ping was answered twice.",
        "::warning title=S-DROP::Something was wrong.",
    ]
    assert {each.name for each in (tmp_path / "wsbeat-report").iterdir()} == {
        "wsbeat.json", "wsbeat.xml", "wsbeat.html", "wsbeat.md", "badge.json"
    }  # fmt: skip


def test_what_is_not_given_is_not_handed_on_and_nothing_is_run(tmp_path: Path) -> None:
    ran, words = checked(tmp_path, ROLE="client", COMMAND="node $(touch run) {url}; touch run")
    assert ran.returncode == 1
    assert words[:4] == ["client", "--command", "node $(touch run) {url}; touch run", "--json"]
    assert not (tmp_path / "run").exists()


def test_the_dockerfile_copies_what_the_wheel_is_made_of_and_is_not_root() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    [packed] = re.findall(r"only-include = \[(.*)\]", project)
    assert {each.strip(' "') for each in packed.split(",")} <= copied
    assert {"pyproject.toml", "README.md", "LICENSE"} <= copied
    assert [line for line in lines if line.startswith("USER")] == ["USER wsbeat"]
