"""What the client does while it is open: pings, pongs, noise, and what it hands on."""

import asyncio
import json
from time import monotonic

import pytest

from reference_client import HeartbeatClient, NotOpen, State
from reference_client import client as module
from tests.references.client.listener import (
    NO_HEARTBEAT,
    PATIENCE,
    SETTINGS,
    SLACK,
    Visit,
    client,
    listening,
)

pytestmark = pytest.mark.asyncio

NOISE = {
    "not JSON": "hello, I am not JSON",
    "empty": "",
    "NaN": '{"type":"echo","data":NaN}',
    "a BOM": '\ufeff{"type":"pong"}',
    "an unknown type": '{"type":"fanfare"}',
    "no type": "[1]",
    "null": "null",
    "a type that is a list": '{"type":["pong"]}',
    "an echo": '{"type":"echo","data":1}',
    "a pong": '{"type":"pong"}',
    "65,536 bytes": '"' + "a" * 65534 + '"',
    "65,536 bytes of no JSON": "a" * 65536,
    "100,000 brackets": "[" * 100_000,
    "5000 digits": "1" * 5000,
    "1e400": "1e400",
    "half a surrogate pair": '"\\ud800"',
    "two members of one name": '{"type":"echo","type":"pong"}',
}


async def cadence(visit: Visit, since: float, count: int) -> None:
    """See ``count`` pings on the schedule that begins no sooner than ``since``."""
    for number in range(count):
        await visit.ping()
        visit.pong()
        assert monotonic() - since >= number * SETTINGS.heartbeat_interval
    assert monotonic() - since <= count * SETTINGS.heartbeat_interval + SLACK


async def test_the_first_ping_comes_at_once_and_the_others_at_the_interval() -> None:
    """C-PING-FORM, C-PING-FIRST, C-PING-CADENCE."""
    async with listening() as on, client(on.url):
        visit = await on.accepted()
        await visit.ping()
        assert monotonic() - visit.opened <= SLACK
        visit.pong()
        for number in range(1, 5):
            await visit.ping()
            visit.pong()
            elapsed = monotonic() - visit.opened
            assert elapsed >= number * SETTINGS.heartbeat_interval
            assert elapsed <= number * SETTINGS.heartbeat_interval + SLACK


async def test_nothing_that_is_sent_or_received_changes_the_cadence() -> None:
    """C-PING-ALWAYS, with a consumer that takes nothing."""
    async with listening() as on, client(on.url) as (found, _):
        visit = await on.accepted()
        await found.opened()
        pings = 0
        while pings < 5:
            frame = await visit.frame()
            if json.loads(bytes(frame.data)) == {"type": "ping"}:
                pings += 1
                visit.pong()
                for number in range(module.INBOX // 2):
                    visit.send(f'{{"news":{number}}}')
            await found.send({"busy": pings})
        elapsed = monotonic() - visit.opened
        assert 4 * SETTINGS.heartbeat_interval <= elapsed
        assert elapsed <= 4 * SETTINGS.heartbeat_interval + SLACK
        assert found.state is State.OPEN


async def test_what_nobody_takes_is_dropped_the_oldest_first_and_counted() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        for number in range(module.INBOX + 7):
            visit.send(str(number))
        visit.send('{"type":"ping"}')
        await visit.ping()
        assert await visit.message() == {"type": "pong"}  # so all before it was read
        assert found.dropped == 7
        assert await anext(found) == 7


async def test_a_flood_does_not_hold_up_the_loop() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        await found.opened()
        for _ in range(3000):
            visit.protocol.send_text(b"0")
        visit.flush()  # all in one piece
        await anext(found)
        assert found.dropped == 0  # a turn for the consumer after the first, and not after the last


@pytest.mark.parametrize("noise", NOISE)
async def test_a_message_that_is_of_no_use_changes_nothing(noise: str) -> None:
    """C-TOLERATE."""
    async with listening() as on, client(on.url) as (found, diary):
        visit = await on.accepted()
        visit.send(NOISE[noise])
        await cadence(visit, visit.opened, 2)
        visit.send('{"still":"here"}')
        async with asyncio.timeout(PATIENCE):
            while await anext(found) != {"still": "here"}:
                pass
        assert diary.states == [State.CONNECTING, State.OPEN]


async def test_a_binary_message_changes_nothing_even_if_it_spells_a_pong() -> None:
    """C-TOLERATE, C-PONG-MISSING."""
    async with listening() as on, client(on.url) as (found, _):
        visit = await on.accepted()
        for payload in (b"", b"\x00\xff", b'{"type":"ping"}', b'{"order":1}'):
            visit.protocol.send_binary(payload)
        visit.send("2")
        assert await anext(found) == 2
        await cadence(visit, visit.opened, 2)
        await visit.ping()
        visit.protocol.send_binary(b'{"type":"pong"}')
        visit.flush()
        assert (await visit.closed())[0] == 4000


async def test_business_messages_are_handed_on_as_values_and_heartbeats_are_not() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        for text in ('{"type":"pong"}', '{"type":"echo","data":[1]}', '{"type":"ping"}', "no", "1"):
            visit.send(text)
        assert await anext(found) == {"type": "echo", "data": [1]}
        assert await anext(found) == 1


async def test_each_ping_of_the_server_gets_one_pong_and_a_pong_gets_none() -> None:
    """B-CLIENT-PONG, B-NO-LOOP."""
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        await visit.ping()
        for text in ('{"type":"ping"}', '{"type":"pong"}', ' { "n":1, "type" : "\\u0070ing" }'):
            visit.send(text)
        assert await visit.message() == {"type": "pong"}
        assert await visit.message() == {"type": "pong"}
        await found.send("the next")
        assert await visit.message() == "the next"


async def test_values_are_sent_as_json_text() -> None:
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        visit = await on.accepted()
        await found.opened()
        await visit.ping()
        for value in ({"type": "pong"}, None, [1.5, "\ud800", "é"], {"a" * 70000: True}):
            await found.send(value)
            assert await visit.message() == value


async def test_what_json_cannot_say_is_refused_and_a_ping_too() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    async with listening() as on, client(on.url, NO_HEARTBEAT) as (found, _):
        await on.accepted()
        await found.opened()
        for value in (float("nan"), float("inf"), object(), {"type": "ping", "n": 1}, deep):
            with pytest.raises(ValueError, match=r"ping|JSON"):
                await found.send(value)
        assert found.state is State.OPEN


async def test_nothing_can_be_sent_while_it_is_not_open() -> None:
    async with listening() as on:
        async with client(on.url, NO_HEARTBEAT) as (found, diary):
            with pytest.raises(NotOpen, match=r"idle|connecting"):
                await found.send(1)
            visit = await on.accepted()
            await found.opened()
            visit.reset()
            await diary.until(lambda states: State.WAITING in states)
            with pytest.raises(NotOpen, match="waiting"):
                await found.send(1)
        with pytest.raises(NotOpen, match="closed"):
            await found.send(1)
        with pytest.raises(NotOpen, match="closed"):
            await found.opened()


@pytest.mark.parametrize(
    "url", ["http://host/", "host", "ws://", "ws://a..b/", "ws://a:99999/", "ws://a/#b", "ws://[::"]
)
async def test_a_url_that_can_never_be_connected_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="no ws:// or wss:// address"):
        HeartbeatClient(url, SETTINGS)
