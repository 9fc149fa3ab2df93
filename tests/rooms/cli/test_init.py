"""`wsbeat init` begins a gate with what the sources say, and destroys nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.config.file import read
from conformance.config.server import Given, requested
from tests.rooms.cli.conftest import Wsbeat

FASTAPI = """
from fastapi import FastAPI, WebSocket

app: FastAPI = FastAPI()

@app.websocket("/live/ws")
async def live(websocket: WebSocket) -> None: ...
"""
NODE = """
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ port: process.env.PORT, path: "/ws" });
"""


def put(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def linted(schema: str, path: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_fastapi_project_is_found(wsbeat: Wsbeat) -> None:
    put("shop/main.py", FASTAPI)
    put("tests/app.py", FASTAPI.replace("/live", "/test"))
    put("requirements.txt", "fastapi\n")
    ran = wsbeat("init")
    assert ran.exit_code == 0, ran.output
    assert "`wsbeat server asgi:shop.main:app/live/ws --virtual`" in ran.output
    target, options = requested(Given(), "wsbeat.toml")
    assert target.command == "uvicorn shop.main:app --port {port}"
    assert target.url == "ws://127.0.0.1:{port}/live/ws"
    assert (target.timing.name, options.known_failing_file) == ("production", None)
    workflow = ".github/workflows/heartbeat.yml"
    linted("vendor.github-workflows", workflow)
    steps = yaml.safe_load(Path(workflow).read_text())["jobs"]["wsbeat"]["steps"]
    assert [each["run"].split()[0:2] for each in steps if "run" in each] == [
        ["pip", "install"], ["pip", "install"], ["wsbeat", "server"]
    ]  # fmt: skip


def test_a_node_project_at_gitlab_is_found(wsbeat: Wsbeat) -> None:
    put("src/server.mjs", NODE)
    put("node_modules/ws/index.js", NODE.replace("/ws", "/no"))
    put("package.json", "{}")
    put(".gitlab-ci.yml", "stages: [test]\n")
    ran = wsbeat("init")
    assert ran.exit_code == 0, ran.output
    assert read(Path("wsbeat.toml"))["command"] == "env PORT={port} node src/server.mjs"
    assert "include it from .gitlab-ci.yml" in ran.output
    assert Path(".gitlab-ci.yml").read_text() == "stages: [test]\n"
    linted("vendor.gitlab-ci", "heartbeat.gitlab-ci.yml")
    assert "- npm install\n" in Path("heartbeat.gitlab-ci.yml").read_text()


def test_what_is_said_need_not_be_found(wsbeat: Wsbeat) -> None:
    assert wsbeat("init", "ws://localhost:8000/ws", "--ci", "gitlab").exit_code == 0
    assert read(Path("wsbeat.toml")) == {"url": "ws://localhost:8000/ws", "timing": "production"}
    linted("vendor.gitlab-ci", ".gitlab-ci.yml")


def test_files_that_are_there_stay_as_they_are(wsbeat: Wsbeat) -> None:
    put("wsbeat.toml", "seed = 1\n")
    ran = wsbeat("init", "/ws", "--command", "serve --port {port}")
    assert ran.exit_code == 0
    assert "left as it is: wsbeat.toml" in ran.output
    assert Path("wsbeat.toml").read_text() == "seed = 1\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [((), "No WebSocket server was found"), (("/ws", "--command", "serve"), "lacks {port}"),
     (("http://host/",), "URL: ")],
)  # fmt: skip
def test_what_cannot_be_found_out_is_said(
    words: tuple[str, ...], sentence: str, wsbeat: Wsbeat
) -> None:
    ran = wsbeat("init", *words)
    assert (ran.exit_code, sentence in ran.output) == (2, True)
    assert list(Path().iterdir()) == []
