"""The client's own close: final, from every state."""

import asyncio

import pytest

from reference_client import HeartbeatClient, State
from reference_client import client as module
from tests.references.client.listener import (
    NO_HEARTBEAT,
    PATIENCE,
    SETTINGS,
    client,
    listening,
    nothing_is_left,
)

pytestmark = pytest.mark.asyncio


async def test_its_own_close_ends_an_open_connection_with_a_close() -> None:
    """C-CLOSE-FINAL."""
    async with listening() as on, client(on.url) as (found, diary):
        visit = await on.accepted()
        await found.opened()
        closing = asyncio.create_task(found.close(4999, "enough"))
        assert await visit.closed() == (4999, "enough")
        await closing
        assert diary.states == [State.CONNECTING, State.OPEN, State.CLOSED]
        assert [message async for message in found] == []
        await nothing_is_left()
        await found.close()
        assert on.visits.empty()


async def test_the_end_of_the_context_is_its_own_close() -> None:
    async with listening() as on:
        async with client(on.url, NO_HEARTBEAT) as (found, _):
            visit = await on.accepted()
            await found.opened()
            answering = asyncio.create_task(visit.closed())
        assert await answering == (1000, "")
        await nothing_is_left()


async def test_an_exception_in_the_context_comes_through_and_closes() -> None:
    async with listening() as on:

        async def failing() -> None:
            async with client(on.url, NO_HEARTBEAT) as (found, _):
                await found.opened()
                raise LookupError

        running = asyncio.create_task(failing())
        visit = await on.accepted()
        assert await visit.closed() == (1000, "")
        with pytest.raises(LookupError):
            await running


async def test_its_own_close_abandons_an_attempt() -> None:
    """C-CLOSE-FINAL, connecting: at the handshake, and before TCP is there."""
    async with listening() as on, client(on.url) as (found, diary):
        visit = await on.visit()
        await visit.request()
        await found.close()
        assert await visit.event() is None
        assert diary.states == [State.CONNECTING, State.CLOSED]
        await nothing_is_left()
    async with client("ws://127.0.0.1:9/") as (found, diary):
        await found.close()
        assert diary.states[-1:] in ([], [State.CLOSED])
        await nothing_is_left()


async def test_its_own_close_stops_the_reconnect_timer() -> None:
    """C-CLOSE-FINAL, waiting."""
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, diary):
        visit = await on.accepted()
        await found.opened()
        visit.reset()
        await diary.until(lambda states: State.WAITING in states)
        await found.close()
        assert diary.states[-1] is State.CLOSED
        await nothing_is_left()
        assert on.visits.empty()


async def test_its_own_close_drops_a_connection_that_was_given_up() -> None:
    """C-CLOSE-FINAL, after C-PONG-MISSING."""
    async with listening() as on, client(on.url) as (found, diary):
        visit = await on.accepted()
        visit.mute = True
        await visit.closed()
        await diary.until(lambda states: State.WAITING in states)
        await found.close()
        assert await visit.event() is None
        await nothing_is_left()


async def test_a_server_that_never_answers_is_not_waited_for() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        visit.mute = True
        await found.opened()
        async with asyncio.timeout(PATIENCE):
            await found.close()
        assert await visit.closed() == (1000, "")
        assert await visit.event() is None


async def test_whoever_iterates_is_told_of_the_end() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        visit.send("1")
        taking = [asyncio.create_task(anext(found, None)) for _ in range(2)]
        async with asyncio.timeout(PATIENCE):
            done, _ = await asyncio.wait(taking, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == [1]
        answering = asyncio.create_task(visit.closed())
        await found.close()
        await answering
        assert sorted(map(str, await asyncio.gather(*taking))) == ["1", "None"]


async def test_a_cancelled_program_closes_too() -> None:
    async def program(url: str) -> None:
        async with client(url, NO_HEARTBEAT) as (found, _):
            async for _ in found:
                pass

    async with listening() as on:
        running = asyncio.create_task(program(on.url))
        visit = await on.accepted()
        await visit.ping()
        running.cancel()
        assert await visit.closed() == (1000, "")
        with pytest.raises(asyncio.CancelledError):
            await running
        await nothing_is_left()


async def test_who_is_cancelled_while_closing_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LAST_WORDS", 3600.0)
    async with listening() as on:
        found = HeartbeatClient(on.url, NO_HEARTBEAT)
        await found.__aenter__()
        visit = await on.accepted()
        visit.mute = True
        await found.opened()
        ending = asyncio.create_task(found.__aexit__(None, None, None))
        await visit.closed()
        ending.cancel()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(asyncio.CancelledError):
                await ending
        await nothing_is_left()


@pytest.mark.parametrize(
    ("code", "reason"), [(1005, ""), (1006, ""), (999, ""), (5000, ""), (2**20, ""),
                         (1000, "a" * 124), (1000, "\ud800")]
)  # fmt: skip
async def test_a_close_that_must_not_be_sent_is_refused_and_ends_nothing(
    code: int, reason: str
) -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        await found.opened()
        with pytest.raises(ValueError, match="no Close can say"):
            await found.close(code, reason)
        await visit.ping()
        await found.send("still open")
        assert await visit.message() == "still open"


async def test_a_client_has_one_life() -> None:
    found = HeartbeatClient("ws://127.0.0.1:9/", SETTINGS)
    await found.close()
    assert found.state is State.IDLE
    async with found:
        pass
    with pytest.raises(RuntimeError, match="one life"):
        await found.__aenter__()
