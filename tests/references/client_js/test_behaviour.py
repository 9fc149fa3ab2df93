"""Every sentence on clients, as tests for Node's own test runner, with a clock that they move."""

import json
import subprocess
from pathlib import Path

import pytest

import spec
from tests.references.client_js.node import node

HERE = Path(__file__).parent
FILES = sorted(file.name for file in HERE.glob("*.test.mjs"))
ELSEWHERE = {"C-TLS-VERIFY"}  # the platform's affair: tested with a real WebSocket


@pytest.mark.parametrize("file", FILES)
def test_it_behaves(file: str) -> None:
    command = [node(), "--test", "--test-reporter=spec", str(HERE / file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_requirement_on_clients_is_named_by_a_test() -> None:
    text = "".join((HERE / name).read_text("utf-8") for name in FILES)
    on_clients = {each.id for each in spec.requirements() if each.id.startswith("C-")}
    assert len(on_clients) > 10
    missing = {each for each in on_clients | {"B-CLIENT-PONG", "B-NO-LOOP"} if each not in text}
    assert missing == ELSEWHERE


def test_the_module_is_packaged_as_one() -> None:
    folder = HERE.parents[2] / "reference_client"
    package = json.loads((folder / "package.json").read_text("utf-8"))
    assert package["type"] == "module"
    for file in package["exports"]["."].values():
        assert (folder / file).is_file()
