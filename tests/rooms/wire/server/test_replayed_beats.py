"""A trace that is played again, of a server whose pings wsbeat answers as they come."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.scenarios.server.replayed import deeds_on
from conformance.trace.trace import Trace
from spec.dialect.made import made
from tests.rooms.wire.server.test_prelude import told, visited
from tests.traces.notation import trace_of

BOTH = {"by": "both", "text": '{"hb":${id}}'}


@pytest.mark.parametrize("count", [1, 3])
def test_each_ping_of_a_server_has_one_pong_again(count: int) -> None:
    heard: list[str] = []

    async def pings(socket: ServerConnection) -> None:
        for number in range(count):
            await socket.send(json.dumps({"hb": 70 + number}))
        while len(heard) < count:
            text = str(await socket.recv())
            heard.append(text)
            if "hb" in json.loads(text):
                await socket.send(text.replace("hb", "ack"))

    def answers(trace: Trace) -> list[str]:
        return [each for each in told(trace, "sent") if "ack" in each]

    def pinged(again: Trace | None = None) -> Trace:
        heard.clear()
        return visited(pings, ping=BOTH, again=again)[0]

    first = pinged()
    assert len(answers(first)) == count
    assert answers(pinged(again=first)) == answers(first)


@pytest.mark.parametrize(("alive", "done"), [("never", 1), ("pongs", 2)])
def test_a_pong_is_a_deed_where_it_is_a_sign_of_life(alive: str, done: int) -> None:
    """There wsbeat says it where a scenario has it, and not as the ping comes."""
    by = {} if alive == "never" else {"alive": {"by": alive}, "timeout": {"close": [4008]}}
    told = {"dialect": 1, "name": "beaten", "ping": BOTH, "pong": {"text": '{"ack":${id}}'}}
    trace = trace_of('0.01 < {"hb":7}\n0.011 > {"ack":7}\n0.2 > {"hb":1}')
    assert len(deeds_on(trace.events, made({**told, **by}))) == done
