"""A trace that is played again, of a server whose pings wsbeat answers as they come."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance.messages.limits import AT_ONCE, LOOP
from conformance.scenarios.server.replayed import deeds_on
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock
from spec.dialect.made import made
from tests.rooms.wire.server.scripts import dial_in, run
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


LOOPING = made({"dialect": 1, "name": "looping", "ping": BOTH, "pong": {"text": '{"ack":${id}}'}})


@pytest.mark.parametrize(("wait", "answered"), [(0.0, LOOP + 1), (1.2 * AT_ONCE, LOOP + 5)])
def test_two_that_answer_each_other_come_to_an_end(wait: float, answered: int) -> None:
    """A server that pings behind each pong gets no pong in the end; one that waits gets all."""
    heard: list[str] = []

    async def pings_on(socket: ServerConnection) -> None:
        await socket.send('{"hb":0}')
        async for text in socket:
            heard.append(str(text))
            if len(heard) == LOOP + 5:
                return
            await asyncio.sleep(wait)
            await socket.send(json.dumps({"hb": len(heard)}))

    async def visit(clock: LoopClock) -> None:
        async with serve(pings_on, "127.0.0.1", 0) as server:
            dial = dial_in(LOOPING, server, clock)
            async with dial() as peer:
                await peer.ended(by=dial.after(1.0 if not wait else 30.0))

    run(visit)
    assert len(heard) == answered
