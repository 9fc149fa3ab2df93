"""How a client comes back: from every end that is not its own, in time, one attempt at a time."""

import asyncio
import socket
from collections.abc import Callable
from time import monotonic

import pytest

from reference_client import State
from tests.references.client.listener import (
    NO_HEARTBEAT,
    PATIENCE,
    SETTINGS,
    SLACK,
    Listener,
    Visit,
    client,
    listening,
)

pytestmark = pytest.mark.asyncio

FIRST = SETTINGS.reconnect_delay + SETTINGS.reconnect_jitter


async def back(on: Listener, since: float, latest: float = FIRST) -> Visit:
    """See the next attempt come, in its window after ``since``."""
    visit = await on.visit()
    assert visit.came - since >= SETTINGS.reconnect_delay
    assert visit.came - since <= latest + SLACK
    return visit


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1000, "heartbeat timeout"), (1000, ""), (None, ""), (4321, "private")]
    + [(code, "why") for code in (1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013)],
)
async def test_it_comes_back_after_every_close(code: int | None, reason: str) -> None:
    """C-RECONNECT, C-RECONNECT-FLOOR, C-RECONNECT-CEILING."""
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (_, diary):
        visit = await on.accepted()
        ended = monotonic()
        visit.close(code, reason)
        assert (await visit.closed())[0] == (code or 1005)
        await (await back(on, ended)).accept()
        await diary.until(lambda states: states.count(State.OPEN) == 2)
        assert "the server closed with" in diary.changes[2].why


@pytest.mark.parametrize("end", [Visit.reset, lambda visit: visit.writer.close()])
async def test_it_comes_back_after_a_connection_that_broke(end: Callable[[Visit], None]) -> None:
    """C-RECONNECT."""
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (_, diary):
        visit = await on.accepted()
        await diary.until(lambda states: State.OPEN in states)
        ended = monotonic()
        end(visit)
        await (await back(on, ended)).accept()


async def test_it_does_not_wait_for_a_server_that_closes_but_does_not_hang_up() -> None:
    """C-RECONNECT; the old connection is dropped by then (C-RECONNECT-SINGLE)."""
    async with listening() as on, client(on.url, NO_HEARTBEAT):
        visit = await on.accepted()
        visit.mute = True
        ended = monotonic()
        visit.protocol.send_close(1000, "bye")
        visit.writer.writelines(visit.protocol.data_to_send())
        await (await back(on, ended)).accept()
        async with asyncio.timeout(PATIENCE):
            while await visit.event() is not None:
                pass


async def test_what_came_before_the_close_is_handed_on() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        for number in range(500):
            visit.protocol.send_text(str(number).encode())
        visit.close(1001)
        assert [await anext(found) for _ in range(500)] == list(range(500))


def refuse(status: int, location: str = "") -> Callable[[Visit], None]:
    def refused(visit: Visit) -> None:
        response = visit.protocol.reject(status, "no")
        if location:
            response.headers["Location"] = location
        visit.answer(response)

    return refused


def say(answer: bytes) -> Callable[[Visit], None]:
    def said(visit: Visit) -> None:
        visit.writer.write(answer)
        visit.writer.close()

    return said


@pytest.mark.parametrize(
    "fail",
    [
        refuse(503),
        refuse(401),
        refuse(200),
        refuse(302, "/elsewhere"),
        refuse(307, "ws://[::1"),
        Visit.reset,
        say(b""),
        say(b"SSH-2.0-OpenSSH\r\n"),
        say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n"),
    ],
    ids=["503", "401", "200", "302", "307", "reset", "end", "no HTTP", "wrong accept"],
)  # fmt: skip
async def test_it_comes_back_after_every_failed_attempt(fail: Callable[[Visit], None]) -> None:
    """C-RECONNECT, C-RECONNECT-FLOOR, C-BACKOFF; a redirect is a failure like any other."""
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, diary):
        visit = await on.visit()
        for _ in range(2):
            await visit.request()
            ended = monotonic()
            fail(visit)
            visit = await back(on, ended, SETTINGS.reconnect_cap)
        await visit.accept()
        await found.opened()
        assert all("the attempt failed" in it.why for it in diary.changes if it.delay)


async def test_it_comes_back_when_nobody_listened_for_a_while() -> None:
    """C-RECONNECT: connections that are refused."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with client(f"ws://127.0.0.1:{port}/", NO_HEARTBEAT) as (found, diary):
        await diary.until(lambda states: states.count(State.WAITING) == 3)
        async with listening(port=port) as on:
            await on.accepted()
            await found.opened()


async def test_a_name_that_nobody_knows_is_a_failed_attempt() -> None:
    async with client("ws://no.such.host.invalid/", NO_HEARTBEAT) as (_, diary):
        await diary.until(lambda states: states.count(State.WAITING) == 2)


async def test_an_attempt_without_an_answer_is_given_up_and_is_the_only_one() -> None:
    """C-ANSWER-MISSING, C-RECONNECT, C-RECONNECT-SINGLE."""
    async with listening() as on, client(on.url, NO_HEARTBEAT):
        visit = await on.visit()
        await visit.request()
        assert await visit.event() is None
        assert monotonic() - visit.came >= SETTINGS.reconnect_cap - SLACK
        assert on.visits.empty()
        await (await back(on, visit.came, 2 * SETTINGS.reconnect_cap)).accept()


async def test_after_any_number_of_reconnects_there_is_one_heartbeat() -> None:
    """C-PING-SINGLE, C-RECONNECT-SINGLE."""
    async with listening() as on, client(on.url):
        for _ in range(4):
            visit = await on.accepted()
            await visit.ping()
            visit.reset()
        visit = await on.accepted()
        for number in range(5):
            await visit.ping()
            visit.pong()
            assert monotonic() - visit.opened >= number * SETTINGS.heartbeat_interval
        assert on.visits.empty()


async def test_without_a_pong_it_closes_and_comes_back_without_an_answer() -> None:
    """C-PONG-MISSING."""
    async with listening() as on, client(on.url) as (found, diary):
        visit = await on.accepted()
        visit.mute = True
        closed = await visit.closed()
        now = monotonic()
        assert closed == (4000, "pong timeout")
        assert now - visit.opened >= SETTINGS.pong_timeout
        assert now - visit.opened <= SETTINGS.pong_timeout + SLACK
        assert diary.changes[-1].why == "no pong came"
        again = await on.visit()
        assert again.came - visit.opened >= SETTINGS.pong_timeout + SETTINGS.reconnect_delay
        assert again.came - now <= FIRST + SLACK
        # The old one answers at last: nothing of it touches the new one.
        visit.writer.write(b'\x81\x0f{"type":"pong"}\x81\x011')
        await again.accept()
        await again.ping()
        again.pong()
        again.send("2")
        assert await anext(found) == 2


async def test_a_peer_that_reads_nothing_is_given_up_too() -> None:
    """C-PONG-MISSING, with a sender that waits for room."""
    async with listening() as on, client(on.url) as (found, diary):
        await on.accepted()
        await found.opened()
        sending = asyncio.create_task(found.send("a" * 2**24))
        await diary.until(lambda states: State.WAITING in states)
        await (await on.visit()).accept()
        with pytest.raises(ConnectionError):
            await sending


async def test_a_slow_pong_is_in_time() -> None:
    """C-STAY."""
    async with listening() as on, client(on.url) as (_, diary):
        visit = await on.accepted()
        for _ in range(4):
            await visit.ping()
            asyncio.get_running_loop().call_later(0.5 * SETTINGS.pong_timeout, visit.pong)
        assert diary.states == [State.CONNECTING, State.OPEN]


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"\x81\x02\xc3\x28", 1007), (b"\x81\x7f" + (2**20 + 1).to_bytes(8, "big"), 1009)],
    ids=["not UTF-8", "over the limit"],
)
async def test_what_cannot_be_accepted_ends_the_connection_and_it_comes_back(
    payload: bytes, code: int, answers: bool
) -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT):
        visit = await on.accepted()
        visit.mute = not answers
        visit.writer.write(payload)
        assert (await visit.closed())[0] == code
        await (await back(on, visit.opened)).accept()


async def test_a_message_of_just_the_limit_is_handed_on() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        visit.send('"' + "a" * (2**20 - 2) + '"')
        assert await anext(found) == "a" * (2**20 - 2)
