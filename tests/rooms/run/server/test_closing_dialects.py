"""Servers that close whoever says what they do not know: each near miss has its own connection."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance.config.dialect import said_capabilities
from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from spec.dialect.file import read_document
from tests.mutants.drawn_once import drawn_once, schedules_once
from tests.traces.notation import FAST

CLOSING = read_document(
    {
        "dialect": 1,
        "name": "closing",
        "ping": {"by": "client", "text": '{"type":"ping"}'},
        "pong": {"text": '{"type":"pong"}'},
        "others": {"json": [4400], "not_json": [4400]},
    }
)


def checked(takes: str) -> Result:
    """What is found out about a server that takes this for a ping, besides one."""

    async def converse(socket: ServerConnection) -> None:
        async for text in socket:
            try:
                value = json.loads(text)
            except ValueError:
                value = None
            kind = value.get("type") if isinstance(value, dict) else None
            is_other = {
                "nothing": False,
                "capitals": str(kind).lower() == "ping",
                "arrays": value == [{"type": "ping"}],
                "pings as a farewell": False,
                "two in one": text == '{"type":"ping"}{"type":"ping"}',
            }[takes]
            if kind != "ping" and not is_other:
                await socket.close(4400, "Invalid message received")
                return
            await socket.send('{"type":"pong"}')
            if takes == "pings as a farewell":
                await socket.close(1000, "done")

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        async with serve(converse, "127.0.0.1", 0) as server:
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"

    return check_server_within(
        serving,
        lambda url: Target(url, FAST, capabilities=said_capabilities(CLOSING), dialect=CLOSING),
        Options(examples=6, select=("S-PING-FORM", "S-IGNORE-NOT-JSON")),
        drawn_once,
        schedules_once,
    )


@pytest.mark.parametrize(
    ("takes", "broken"),
    [
        ("nothing", set()),
        ("capitals", {"S-PING-FORM"}),
        pytest.param("arrays", {"S-PING-FORM"}, marks=pytest.mark.virtual),
        pytest.param("two in one", {"S-IGNORE-NOT-JSON"}, marks=pytest.mark.virtual),
    ],
)
def test_what_is_nearly_a_ping_and_ends_a_connection_is_told_from_one(
    takes: str, broken: set[str]
) -> None:
    result = checked(takes)
    failed = {each.requirement.id for each in result.assessments if each.verdict == "failed"}
    assert failed == broken
    if not broken:
        assert result.outcome == "conformant"


def test_a_server_that_leaves_after_each_pong_is_not_connected_to_without_end() -> None:
    """What resembles a ping can be said to it on no connection: there is nothing to be seen."""
    result = checked("pings as a farewell")
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert verdicts["S-PING-FORM"] != "passed"
    assert result.outcome != "conformant"
