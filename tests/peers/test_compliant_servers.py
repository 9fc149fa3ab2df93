"""The compliant servers that wsbeat is tested with, examined without wsbeat.

Where the contract leaves a choice, any of the allowed answers will do here.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Data, Subprotocol

from spec import load_timing
from tests.peers.process import Process, running
from tests.peers.rude_client import TEXT, dialled, frame, read_to_end, stuff

pytestmark = pytest.mark.proof

FAST = load_timing("fast")
LATEST = FAST.latest_close + 2.0  # a busy machine may delay a close; a queue would by ten seconds
SERVERS = {
    "reference": ("reference_server", "--port=0", "--timing=fast"),
    "aiohttp": ("tests.peers.aiohttp_server", "--port=0", "--timing=fast"),
    "mutants' base": ("tests.mutants", "compliant", "--port=0", "--timing=fast"),
}
PING, WITNESS = '{"type":"ping"}', '["witness"]'
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module", params=list(SERVERS.values()), ids=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Process]:
    """Yield each of the servers in turn, which must not complain all the while."""
    with running(*request.param) as process:
        yield process
        assert process.end() == 0
        assert process.complaints() == ""


async def answers(url: str, *messages: Data) -> list[object]:
    """Send messages and return the JSON values that came back, and the code if it was closed."""
    received: list[object] = []
    async with connect(url, max_size=None, ping_interval=None) as peer:
        try:
            for message in (*messages, WITNESS):
                await peer.send(message)
            while True:
                received.append(json.loads(await peer.recv(decode=True)))
                if received[-1] == {"type": "echo", "data": ["witness"]}:
                    return received[:-1]
        except ConnectionClosed:
            return [*received, peer.close_code]


@pytest.mark.asyncio
async def test_pings_get_pongs_and_business_gets_echoes_in_order(server: Process) -> None:
    business: list[object] = [
        None,
        True,
        0,
        -1.5,
        "ping",
        "é\u0000\U0001f600",
        [],
        {},
        [{"type": "ping"}],
    ]
    business += [{"type": "pong"}, {"type": "PING"}, 2**53 - 1, json.loads("[" * 63 + "]" * 63)]
    sent = [text for value in business for text in (PING, json.dumps(value))]
    expected = [
        reply for value in business for reply in ({"type": "pong"}, {"type": "echo", "data": value})
    ]
    assert await answers(server.url, *sent) == expected
    spelled = ('{"type" : "p\\u0069ng"}', '{"a":1,"type":"ping"}')
    assert await answers(server.url, *spelled) == [{"type": "pong"}] * 2
    assert await answers(server.url, *[PING] * 200) == [{"type": "pong"}] * 200


@pytest.mark.asyncio
async def test_text_that_is_not_json_is_ignored(server: Process) -> None:
    noise = ("", " ", "ping", "NaN", "[Infinity]", "\ufeff{}", "[1,]", "{'a':1}", "01", "1 2", "[")
    assert await answers(server.url, *noise, '{"type":"ping"', "[1e400", '"\t"') == []


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["1e400", '"\\ud800"', "1" * 5000, '{"a":1,"a":2}'])
async def test_json_beyond_i_json_harms_nobody(server: Process, text: str) -> None:
    [*answered] = await answers(server.url, text)
    assert answered in ([], [1007], [1008]) or '"echo"' in json.dumps(answered)
    assert len(answered) <= 1


@pytest.mark.asyncio
async def test_depth_size_and_binary_end_as_they_may(server: Process) -> None:
    assert await answers(server.url, DEEP) in ([], [1008], [1009])
    assert await answers(server.url, b'{"type":"ping"}') in ([], [1003])
    assert len(await answers(server.url, '"' + "a" * 65534 + '"')) == 1
    assert await answers(server.url, "a" * 2**21) == [1009]


@pytest.mark.asyncio
async def test_subprotocols_control_pings_and_closes(server: Process) -> None:
    async with connect(server.url, subprotocols=[Subprotocol("unknown")]) as peer:
        assert peer.subprotocol is None
        await (await peer.ping(b"payload"))
        await peer.close(4321, "bye")
        assert peer.close_code == 4321


async def lifetime(peer: ClientConnection, since: float, *said: str) -> float:
    """Return the seconds from `since`, or from before the first thing said, to the close."""
    if said:
        since = monotonic()
    for text in said:
        await peer.send(text)
    async with asyncio.timeout(LATEST + 5):
        await peer.wait_closed()
    assert (peer.close_code, peer.close_reason) == (1000, "heartbeat timeout")
    return monotonic() - since


@pytest.mark.asyncio
async def test_silence_is_closed_in_the_window_whatever_the_dead_do(server: Process) -> None:
    url, echo_me = server.url, frame(TEXT, b'"' + b"a" * 65000 + b'"')
    async with dialled(url), dialled(url), dialled(url, 4096) as reads_nothing:
        await stuff(reads_nothing, echo_me, 160, 0.5)
        await asyncio.sleep(FAST.latest_close)  # until the dead ones are being closed
        begun = monotonic()
        async with connect(url, ping_interval=None) as one, connect(url, ping_interval=None) as two:
            lifetimes = await asyncio.gather(
                lifetime(one, begun), lifetime(two, begun, PING, '{"a":1}', "noise")
            )
        assert min(lifetimes) >= FAST.heartbeat_timeout
        assert max(lifetimes) <= LATEST


async def seconds_until_dropped(url: str) -> float:
    """Stay silent, answer no Close, and return the seconds from the Close to the end."""
    async with dialled(url) as sock, asyncio.timeout(30):
        assert await asyncio.get_running_loop().sock_recv(sock, 2) == b"\x88\x13"
        since = monotonic()
        assert await read_to_end(sock) == b"\x03\xe8heartbeat timeout"
        return monotonic() - since


@pytest.mark.asyncio
async def test_an_unanswered_close_ends_the_connection_in_time() -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(running(*command)).url for command in SERVERS.values()]
        waits = await asyncio.gather(*map(seconds_until_dropped, urls))
    assert max(waits) <= 10 + 2, dict(zip(SERVERS, waits, strict=True))


@pytest.mark.asyncio
@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
async def test_a_server_that_goes_away_says_so(command: tuple[str, ...]) -> None:
    with running(*command) as process:
        async with connect(process.url) as peer, asyncio.timeout(20):
            ending = asyncio.create_task(asyncio.to_thread(process.end))
            await peer.wait_closed()
            assert peer.close_code in (1001, 1012)
            assert await ending == 0
        assert process.complaints() == ""
