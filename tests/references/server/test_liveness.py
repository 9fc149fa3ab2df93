"""When the reference server closes a connection, and that no peer keeps it from doing so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic

import pytest
from websockets.asyncio.client import ClientConnection, connect

from spec import load_timing
from tests.peers.process import running
from tests.peers.rude_client import TEXT, dialled, frame, stuff

FAST = load_timing("fast")
PING, PONG = '{"type":"ping"}', '{"type":"pong"}'
# Other work on this machine may delay a close that is seen here, and nothing may hasten it. What
# these tests tell apart from a close in time comes ten seconds later, or never.
LATEST = FAST.latest_close + 2.0


@pytest.fixture(scope="module")
def plan_b() -> Iterator[str]:
    """Yield the URL of a server that pings, and must not complain all the while."""
    with running("reference_server", "--port=0", "--timing=fast", "--server-ping") as server:
        yield server.url
        assert server.end() == 0
        assert server.complaints() == ""


@pytest.fixture(scope="module")
def inbound() -> Iterator[str]:
    """Yield the URL of a server whose clock any data message restarts."""
    with running("reference_server", "--port=0", "--timing=fast", "--inbound-liveness") as server:
        yield server.url
        assert server.end() == 0
        assert server.complaints() == ""


async def lifetime(url: str, behave: Callable[[ClientConnection], Awaitable[object]]) -> float:
    """Return the seconds from the end of ``behave`` to the heartbeat close."""
    async with connect(url, ping_interval=None) as peer:
        await behave(peer)
        since = monotonic()
        async with asyncio.timeout(LATEST + 5):
            await peer.wait_closed()
        assert (peer.close_code, peer.close_reason) == (1000, "heartbeat timeout")
        return monotonic() - since


async def does_nothing(_: ClientConnection) -> None:
    """Stay silent from the handshake on."""


async def pings_once(peer: ClientConnection) -> None:
    """Ping, and see that it arrived."""
    await peer.send(PING)
    assert await peer.recv() == PONG


async def pings_for_two_windows(peer: ClientConnection) -> None:
    """Ping for longer than any connection lives that does not ping."""
    for _ in range(round(2 * FAST.latest_close / FAST.heartbeat_interval)):
        await pings_once(peer)
        await asyncio.sleep(FAST.heartbeat_interval)  # the interval is the subject
    await pings_once(peer)


@pytest.mark.asyncio
async def test_silence_is_closed_within_the_window_whatever_its_phase(url: str) -> None:
    async def after(delay: float) -> float:
        await asyncio.sleep(delay)  # the phase is the subject
        return await lifetime(url, pings_once if delay * 100 % 2 else does_nothing)

    phases = [FAST.check_interval * part / 12 for part in range(12)]
    lifetimes = await asyncio.gather(*map(after, phases))
    assert min(lifetimes) >= FAST.heartbeat_timeout
    assert max(lifetimes) <= LATEST
    assert max(lifetimes) - min(lifetimes) > FAST.check_interval / 2


@pytest.mark.asyncio
async def test_pings_at_the_interval_keep_a_connection_open(url: str) -> None:
    assert await lifetime(url, pings_for_two_windows) >= FAST.heartbeat_timeout


@pytest.mark.asyncio
async def test_nothing_but_pings_keeps_a_connection_open(url: str) -> None:
    async with connect(url, ping_interval=None) as peer, asyncio.TaskGroup() as tasks:
        since = monotonic()

        async def chatter() -> None:
            while not peer.close_code:
                for message in ('{"a":1}', PONG, "noise", b'{"type":"ping"}'):
                    await peer.send(message)
                await peer.ping()
                await asyncio.sleep(0.05)  # traffic without pause is the subject

        chattering = tasks.create_task(chatter())
        async for _ in peer:
            pass
        chattering.cancel()
        assert (peer.close_code, peer.close_reason) == (1000, "heartbeat timeout")
        assert FAST.heartbeat_timeout <= monotonic() - since <= LATEST


PLENTY = 640
"""How many echoes of 65 kB are asked for at the most: a machine's buffers may hold 10 MB."""


@asynccontextmanager
async def deaf_peers(url: str) -> AsyncIterator[None]:
    """Keep four peers that answer no Close, and no control Ping either."""
    async with dialled(url), dialled(url), dialled(url), dialled(url):
        yield


@asynccontextmanager
async def peers_that_read_nothing(url: str) -> AsyncIterator[None]:
    """Keep three peers that asked for echoes until all buffers were full, and read none."""
    echo_me = frame(TEXT, b'"' + b"a" * 65000 + b'"')
    async with dialled(url, 4096) as one, dialled(url, 4096) as two, dialled(url, 4096) as three:
        peers = (one, two, three)
        sent = await asyncio.gather(*(stuff(sock, echo_me, PLENTY, 0.5) for sock in peers))
        assert max(sent) < PLENTY, "the buffers of this machine are too large for this test"
        yield


@pytest.mark.asyncio
@pytest.mark.parametrize("dead_peers", [deaf_peers, peers_that_read_nothing])
async def test_dead_peers_delay_no_other(
    url: str, dead_peers: Callable[[str], AbstractAsyncContextManager[None]]
) -> None:
    async with dead_peers(url):
        # Twice, so that the second silence falls behind the closing of the dead ones.
        for behave in (does_nothing, pings_once):
            assert FAST.heartbeat_timeout <= await lifetime(url, behave) <= LATEST


@pytest.mark.asyncio
async def test_plan_b_pings_at_the_interval_and_lives_on_pongs(plan_b: str) -> None:
    async with connect(plan_b, ping_interval=None) as peer:
        opened = monotonic()
        arrivals: list[float] = []
        while len(arrivals) < 8:
            assert await peer.recv() == PING
            arrivals.append(monotonic())
            await peer.send(PONG)  # B-NO-LOOP: what follows is the next ping, no answer
        assert arrivals[0] - opened <= FAST.heartbeat_interval + 1
        assert arrivals[-1] - arrivals[0] >= 6.5 * FAST.heartbeat_interval
        assert arrivals[-1] - opened > FAST.latest_close


@pytest.mark.asyncio
async def test_plan_b_answers_pings_and_does_not_live_on_them(plan_b: str) -> None:
    async with connect(plan_b, ping_interval=None) as peer, asyncio.TaskGroup() as tasks:
        since, received = monotonic(), []

        async def ping_on() -> None:
            while not peer.close_code:
                await peer.send(PING)
                await asyncio.sleep(0.1)  # traffic without pause is the subject

        pinging = tasks.create_task(ping_on())
        async for message in peer:
            received.append(message)
        pinging.cancel()
        assert (peer.close_code, peer.close_reason) == (1000, "heartbeat timeout")
        assert FAST.heartbeat_timeout <= monotonic() - since <= LATEST
        assert received.count(PONG) >= 5
        assert set(received) == {PING, PONG}


@pytest.mark.asyncio
async def test_with_inbound_liveness_any_message_is_a_sign_of_life(inbound: str) -> None:
    async def lifetime_after(saying: str | bytes) -> float:
        async def talks_on(peer: ClientConnection) -> None:
            """Talk for longer than a silent connection lives, and do not ping."""
            for _ in range(round(1.5 * FAST.latest_close / FAST.heartbeat_interval)):
                await peer.send(saying)
                await asyncio.sleep(FAST.heartbeat_interval)  # the interval is the subject
            await peer.send(saying)

        return await lifetime(inbound, talks_on)

    said: tuple[str | bytes, ...] = ("17", "not JSON", b"\x00")
    lifetimes = await asyncio.gather(*map(lifetime_after, said))
    assert min(lifetimes) >= FAST.heartbeat_timeout
    assert max(lifetimes) <= LATEST
