"""The prelude of a dialect: gone through on every connection, and no part of the heartbeat."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance.evidence.server.evidence import Evidence
from conformance.rules import judge
from conformance.scenarios.server.replayed import replayed
from conformance.trace.event import Refusal
from conformance.trace.file import read_traces
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock
from conformance.wire.ends.introduced import SHOWN
from conformance.wire.handshake import HandshakeRefused
from spec.dialect.file import read_document
from tests.rooms.wire.server.scripts import dial_in, run
from tests.traces.notation import FAST

HELLO = {"by": "server", "text": '{"hello":"${any}"}'}
LOGIN = {"by": "client", "text": '{"login":"${env:PRELUDE_TOKEN}","n":${id}}'}
WELCOME = {"by": "server", "text": '{"welcome":${id}}', "hear": '{"welcome":${id},"...":0}'}
NEWS = {"by": "server", "text": '{"news":"${any}"}', "optional": True}
GREETS = {"by": "client", "text": '{"greets":1}', "optional": True}

TOKEN = "hush-hush"

Says = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRELUDE_TOKEN", TOKEN)


def visited(
    says: Says, *stages: dict[str, Any], again: Trace | None = None, **further: Any
) -> tuple[Trace, Refusal | None]:
    """What a visit records to a server that says this first, and answers pings with their number.

    The prelude has these stages. What was recorded before may be done `again`.
    """
    dialect = read_document(
        {
            "dialect": 1,
            "name": "introduced",
            "prelude": list(stages),
            "ping": {"by": "client", "text": '{"hb":${id}}'},
            "pong": {"text": '{"ack":${id}}'},
            **further,
        }
    )

    async def converse(socket: ServerConnection) -> None:
        await says(socket)
        async for text in socket:
            if "hb" in (said := json.loads(text)):
                await socket.send(json.dumps({"ack": said["hb"]}))

    async def visit(clock: LoopClock) -> tuple[Trace, Refusal | None]:
        async with serve(converse, "127.0.0.1", 0) as server:
            dial = dial_in(dialect, server, clock)
            try:
                if again is not None:
                    act = replayed(again, ()).act
                    assert act is not None
                    await act(dial, FAST)
                    return dial.recorder.trace(), None
                async with dial() as peer:
                    for count in (1, 2):
                        await peer.ping()
                        assert await peer.hear_answers(count, by=dial.after(dial.patience))
                    await peer.watch(by=dial.after(dial.settling))
            except HandshakeRefused as error:
                return dial.recorder.trace(), error.refusal
            return dial.recorder.trace(), None

    trace, refusal = run(visit)
    [again] = read_traces(trace.to_lines(), "memory")
    assert again.dialect is dialect
    assert [each.kind for each in again.events] == [each.kind for each in trace.events]
    return trace, refusal


def told(trace: Trace, *kinds: str) -> list[str]:
    return [str(each.content) for each in trace.events if each.kind in kinds]


def outcomes(trace: Trace) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, observation in judge(trace):
        found.setdefault(name, set()).add(observation.outcome)
    return found


async def says_all(socket: ServerConnection) -> None:
    await socket.send('{"hello":"you"}')
    login = json.loads(await socket.recv())
    assert login["login"] == TOKEN
    await socket.send(json.dumps({"welcome": login["n"], "as": login["login"]}))


def test_it_is_gone_through_and_no_secret_of_it_is_in_the_trace() -> None:
    trace, refusal = visited(says_all, HELLO, LOGIN, WELCOME)
    assert refusal is None
    assert TOKEN not in "\n".join(trace.to_lines())
    assert told(trace, "said_first", "heard_first") == [
        '{"hello":"you"}', '{"login":"${env:PRELUDE_TOKEN}","n":1}', '{"welcome": 1, "as": "***"}',
    ]  # fmt: skip
    # The numbers of pings go on from there.
    assert told(trace, "sent")[:2] == ['{"hb":2}', '{"hb":3}']
    assert told(trace, "received")[:2] == ['{"ack": 2}', '{"ack": 3}']
    found = outcomes(trace)
    assert found["S-ACCEPT"] == found["S-PONG"] == found["S-QUIET"] == {"satisfied"}
    assert not any("violated" in each for each in found.values())


def test_it_is_gone_through_when_a_trace_is_played_again() -> None:
    first, _ = visited(says_all, HELLO, LOGIN, WELCOME)
    again, refusal = visited(says_all, HELLO, LOGIN, WELCOME, again=first)
    assert refusal is None
    for kinds in (("said_first",), ("heard_first",), ("sent",), ("received",)):
        assert told(again, *kinds) == told(first, *kinds)


def test_a_clock_starts_between_the_handshake_and_the_end_of_the_prelude() -> None:
    trace, _ = visited(says_all, HELLO, LOGIN, WELCOME)
    opening, ready = (
        next(each for each in trace.events if each.kind == kind) for kind in ("opening", "ready")
    )
    opened = Evidence(trace).connections[0].opened
    assert opened is not None
    assert (opened.earliest, opened.latest) == (opening.earliest, ready.latest)


def test_a_server_need_not_wait_for_its_turn() -> None:
    async def hurries(socket: ServerConnection) -> None:
        await socket.send('{"welcome":0}')

    greets = {"by": "client", "text": '{"greets":1}'}
    trace, refusal = visited(hurries, greets, {"by": "server", "text": '{"welcome":0}'})
    assert refusal is None
    assert {*told(trace, "said_first", "heard_first")} == {'{"greets":1}', '{"welcome":0}'}


@pytest.mark.parametrize("comes", ["not", "first", "late"])
def test_what_is_optional_is_known_when_it_comes_and_waited_for_nowhere(comes: str) -> None:
    async def says(socket: ServerConnection) -> None:
        if comes == "first":
            await socket.send('{"news":"old"}')
        await socket.send('{"hello":"you"}')
        if comes == "late":
            await socket.send('{"news":"new"}')

    trace, refusal = visited(says, NEWS, HELLO, GREETS, NEWS)
    assert refusal is None
    assert len(told(trace, "heard_first")) == (1 if comes == "not" else 2)
    assert not told(trace, "said_first")
    assert outcomes(trace)["S-QUIET"] == {"satisfied"}


async def says_nothing(_: ServerConnection) -> None:
    pass


async def refuses(socket: ServerConnection) -> None:
    await socket.send('{"hello":"you"}')
    await socket.recv()
    await socket.send('{"invalid":"password"}')
    await socket.close(4403, "Forbidden")


async def copies_another_number(socket: ServerConnection) -> None:
    await socket.send('{"hello":"you"}')
    await socket.recv()
    await socket.send('{"welcome":99}')


async def quotes_at_length(socket: ServerConnection) -> None:
    await socket.send('{"hello":"you"}')
    said = await socket.recv()
    await socket.send("." * (SHOWN - len(str(said)) // 2) + str(said))


async def nests(socket: ServerConnection) -> None:
    await socket.send("[" * 100_000)


@pytest.mark.parametrize(
    ("says", "came"),
    [
        (says_nothing, 'in the place of the server\'s {"hello":"${any}"} came nothing'),
        (refuses, 'came {"invalid":"password"}, then Close 4403 "Forbidden"'),
        (copies_another_number, 'came {"welcome":99}'),
        (quotes_at_length, "came ....."),
        (nests, "came [[[[["),
    ],
)
def test_one_that_does_not_come_about_is_told_in_a_sentence(says: Says, came: str) -> None:
    trace, refusal = visited(says, HELLO, LOGIN, WELCOME)
    assert refusal is not None
    assert refusal.status is None
    assert came in refusal.detail
    assert TOKEN[:4] not in "\n".join(trace.to_lines())
    found = {name: said for name, said in outcomes(trace).items() if "violated" in said}
    assert found == {"S-ACCEPT": {"violated"}}


def test_one_that_did_not_come_about_is_gone_through_again() -> None:
    """A replay of it shows the same."""
    trace, _ = visited(refuses, HELLO, LOGIN, WELCOME)
    again, _ = visited(refuses, HELLO, LOGIN, WELCOME, again=trace)
    assert outcomes(again)["S-ACCEPT"] == {"violated"}


def test_what_is_said_with_a_secret_again_and_again_is_in_no_trace_either() -> None:
    async def knows(socket: ServerConnection) -> None:
        async for text in socket:
            said = json.loads(text)
            assert said["as"] == TOKEN
            await socket.send(json.dumps({"ack": said["hb"], "to": said["as"]}))

    trace, refusal = visited(
        knows,
        ping={"by": "client", "text": '{"hb":${id},"as":"${env:PRELUDE_TOKEN}"}'},
        pong={"text": '{"ack":${id}}', "further": True},
    )
    assert refusal is None
    assert told(trace, "sent")[0] == '{"hb":1,"as":"***"}'
    assert TOKEN not in "\n".join(trace.to_lines())
    assert outcomes(trace)["S-PONG"] == {"satisfied"}
