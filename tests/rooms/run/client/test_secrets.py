"""What a client says of the secrets in its dialect is in no trace and in no report."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from conformance.pytest_fixture import NotConformant, Wsbeat

TOKEN = "s3cr3t-of-the-heart"
DIALECT = """
dialect = 1
name = "ours"
[ping]
by = "client"
text = '{"event":"hb","n":${id},"token":"${env:OUR_TOKEN}"}'
[pong]
text = '{"event":"ack","n":${id}}'
[timing]
heartbeat_interval = 20
"""


async def beats(url: str) -> None:
    """Beats with its token, and at half of the interval."""
    while True:
        with suppress(OSError, ConnectionClosed, InvalidHandshake):
            async with connect(url, ping_interval=None, proxy=None) as socket:
                for number in range(1000):
                    await asyncio.sleep(10)
                    said = {"event": "hb", "n": number, "token": os.environ["OUR_TOKEN"]}
                    await socket.send(json.dumps(said))
                    await socket.recv()
        await asyncio.sleep(1)


def test_a_token_is_in_no_trace_and_in_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUR_TOKEN", TOKEN)
    (tmp_path / "ours.toml").write_text(DIALECT)
    (tmp_path / "traces").mkdir()
    checked = Wsbeat().client(
        beats,
        dialect=str(tmp_path / "ours.toml"),
        traces=str(tmp_path / "traces"),
        select=("C-PING-*",),
    )
    with pytest.raises(NotConformant) as told:
        checked.requirement("C-PING-CADENCE")
    checked.requirement("C-PING-FORM")
    assert TOKEN not in str(told.value)
    kept = [file.read_text("utf-8") for file in (tmp_path / "traces").iterdir()]
    assert any("hb" in each for each in kept)
    assert not any(TOKEN in each for each in kept)
