"""Secrets are found in nothing that a run leaves behind, not even when the server says them."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.process import running

PASSWORD, TOKEN, KEY, COOKIE, PRIVATE = (
    "hunter2%21x", "t0k3n-4711", 'k"ey v4lue', "s3ss10n-c00kie", "pr1v4te-bits"
)  # fmt: skip
PLAIN = "hunter2!x"
MARKS = [
    PASSWORD, PLAIN, TOKEN, KEY, KEY.replace('"', '\\"'), COOKIE, PRIVATE,
    base64.b64encode(f"ann:{PLAIN}".encode()).decode(),
]  # fmt: skip


def left_behind(url: str, folder: Path, *options: str) -> tuple[int, str, dict[str, str]]:
    """The exit code of a run, what it printed, and every file that it wrote."""
    reports = [f"--{form}={folder / form}" for form in ("json", "junit", "markdown", "html")]
    command = [sys.executable, "-m", "conformance", "server", url, "--timing", "fast", *reports]
    command += ["--traces", str(folder / "traces"), "--examples", "5"]
    command += ["--header", f"X-Key: {KEY}", "--header", f"Cookie: session={COOKIE}", *options]
    run = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    files = {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return run.returncode, run.stdout, files


def with_secrets(url: str) -> str:
    return url.replace("//", f"//ann:{PASSWORD}@") + f"ws?room=lobby&access_token={TOKEN}"


def found_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


@pytest.mark.proof
@pytest.mark.long
def test_what_a_server_sends_back_is_taken_out_everywhere(tmp_path: Path) -> None:
    with running("tests.peers.reflecting_server") as server:
        code, printed, files = left_behind(with_secrets(server.url), tmp_path)
    assert code == 1, printed
    assert {Path(name).suffix for name in files} == {"", ".jsonl"}
    everything = "".join(files.values())
    assert "403 lobby ***" in everything
    assert '\\"for\\":\\"***\\"' in everything
    assert '"reason": "***"' in everything
    assert "access_token=***" in printed
    assert "room=lobby" in printed
    assert found_in(printed) == []
    assert {name: found for name, text in files.items() if (found := found_in(text))} == {}


def test_a_refusal_that_sends_them_back_is_told_without_them(tmp_path: Path) -> None:
    with running("tests.peers.reflecting_server", "refusing") as server:
        code, printed, files = left_behind(with_secrets(server.url), tmp_path)
    assert (code, found_in(printed), found_in("".join(files.values()))) == (3, [], [])
    assert "HTTP 403 lobby ***" in printed


@pytest.mark.parametrize("content", ["", "-----BEGIN PRIVATE KEY-----\n"])
def test_a_key_that_cannot_be_read_is_not_shown(content: str, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(f"{content}{PRIVATE}\n")
    (tmp_path / "out").mkdir()
    code, printed, _ = left_behind(
        "wss://127.0.0.1:9/", tmp_path / "out", "--client-cert", str(key)
    )
    assert (code, found_in(printed)) == (2, [])
    assert str(key) in printed
