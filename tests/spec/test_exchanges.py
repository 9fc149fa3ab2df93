"""The examples of the protocol are what servers do: each is played with the reference server."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

import spec
from reference_client import HeartbeatClient, Settings
from reference_client.client import State
from spec import exchange
from spec.exchange import Accept, Binary, Bounds, Close, Connect, Control, Exchange, Silence, Text
from tests.spec.client_observer import Ends, play
from tests.spec.observer import Departure, Observer

FAST = spec.load_timing("fast")
SERVERS = [each for each in spec.exchanges() if each.role == "server"]
CLIENTS = [each for each in spec.exchanges() if each.role == "client"]
OPTIONS: Mapping[str | None, list[str]] = {None: [], "server_ping": ["--server-ping"]}


def name(each: Exchange) -> str:
    return f"{each.requirement or each.section}@{each.line}"


@contextmanager
def reference_server(options: list[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "reference_server", "--port", "0", "--timing", "fast"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if found := re.search(r"ws://\S+", line):
                    yield found[0]
                    break
            else:
                pytest.fail(f"the reference server ended with {server.wait()} before it was ready")
        finally:
            server.terminate()


async def departures(url: str, played: list[Exchange]) -> dict[str, BaseException | None]:
    """Play the exchanges side by side, so that their waits pass together."""
    plays = [Observer(url, FAST).plays(each) for each in played]
    outcomes = await asyncio.gather(*plays, return_exceptions=True)
    return dict(zip(map(name, played), outcomes, strict=True))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, BaseException | None]:
    found: dict[str, BaseException | None] = {}
    for capability, options in OPTIONS.items():
        with reference_server(options) as url:
            played = [each for each in SERVERS if each.capability == capability]
            found |= asyncio.run(departures(url, played))
    return found


@pytest.mark.parametrize("each", SERVERS, ids=name)
def test_the_reference_server_does_what_the_example_shows(
    each: Exchange, outcomes: dict[str, BaseException | None]
) -> None:
    if (departure := outcomes[name(each)]) is not None:
        raise departure


@pytest.mark.parametrize("each", CLIENTS, ids=name)
def test_the_reference_client_does_what_the_example_shows(each: Exchange) -> None:
    def start(url: str) -> tuple[Awaitable[None], Ends]:
        client, ended = HeartbeatClient(url, Settings.from_timing(FAST)), asyncio.Event()

        async def live() -> None:
            async with client:
                await ended.wait()

        async def end() -> None:
            if client.state is State.CONNECTING:
                await client.opened()  # The server's end of a handshake is over a little earlier.
            await client.close()
            ended.set()

        return live(), end

    asyncio.run(play(each, FAST, start))


@pytest.mark.parametrize(
    "id",
    ["S-ACCEPT", "S-PING-FORM", "S-PONG-FORM", "S-BURST", "S-ECHO", "S-ECHO-DATA", "S-DEPTH",
     "S-IGNORE-NOT-JSON", "S-ORDER", "S-QUIET", "S-CONTROL", "S-CLOCK-START", "S-REFRESH",
     "S-ONLY-PINGS", "S-TIMEOUT-CODE", "C-PING-FIRST", "C-PING-CADENCE", "C-RECONNECT",
     "C-CLOSE-FINAL", "C-TOLERATE", "C-PONG-MISSING", "B-SERVER-PING",
     "B-CLIENT-PONG", "B-NO-LOOP", "B-TIMEOUT"],
)  # fmt: skip
def test_a_requirement_has_an_example(id: str) -> None:
    assert any(each.requirement == id for each in spec.exchanges())


def test_every_capability_that_an_example_needs_can_be_switched_on() -> None:
    assert {each.capability for each in SERVERS} == OPTIONS.keys()


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("C: hello", Text("client", "hello", 1)),
        ("C:  a ", Text("client", " a ", 1)),
        ("C:", Text("client", "", 1)),
        ("S*200: {}", Text("server", "{}", 200)),
        ("C: binary 00 ff", Binary("client", b"\0\xff")),
        ("C: control ping a b", Control("client", "ping", b"a b")),
        ("S: control pong", Control("server", "pong", b"")),
        ('S: close 1000 "a "b""', Close("server", 1000, 'a "b"')),
        ("C: close 4000", Close("client", 4000, "")),
        ("C: close", Close("client", None, "")),
        ("S: refuse 503", exchange.Refuse(503)),
        ("S: accept selecting a", Accept("a")),
        ("-- the user closes", exchange.UserCloses()),
        ("-- the connection breaks", exchange.Break()),
        ("-- nothing for tolerance + tolerance", Silence(("tolerance", "tolerance"))),
        ("-- 0 to latest_close after the pong", Bounds((), ("latest_close",), "pong")),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, step: exchange.Step) -> None:
    assert exchange.parse((line,)) == (Connect(()), Accept(None), step)


@pytest.mark.parametrize(
    "line",
    ["", "hello", "X: hello", "C:hello", "C*0: a", "-- some time passes", "-- nothing for ages",
     "-- 0 to 30 after the ping", "-- 0 to name after the ping", "-- 0 to tolerance after lunch"],
)  # fmt: skip
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(spec.SpecificationError):
        exchange.parse((line,))


def test_bounds_are_sums_of_constants() -> None:
    production = spec.load_timing("production")
    bounds = Bounds(("heartbeat_timeout",), ("heartbeat_timeout", "check_interval"), "ping")
    assert bounds.seconds(production) == (70, 100)
    assert Silence(("latest_close",)).seconds(production) == 100
    assert Bounds((), ("reply_deadline",), "pong").seconds(production) == (0, 1)


Reply = Callable[[str], list[str]]


def played_against(
    reply: Reply, *lines: str, closes_after: float | None = None, reason: str = "heartbeat timeout"
) -> None:
    """Play an exchange with a server that replies like this, and closes so long after the open."""

    async def serve_one(connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(closes_after):
                async for message in connection:
                    for answer in reply(str(message)):
                        await connection.send(answer)
        except TimeoutError:
            await connection.close(1000, reason)

    async def play() -> None:
        async with serve(serve_one, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            example = Exchange("server", None, "", None, 0, exchange.parse(lines))
            await Observer(f"ws://127.0.0.1:{port}/", FAST).plays(example)

    asyncio.run(play())


def pong(message: str) -> list[str]:
    return ['{"type":"pong"}'] if '"ping"' in message else []


PING, PONG = 'C: {"type": "ping"}', 'S: {"type": "pong"}'
TIMEOUT = (
    PING,
    PONG,
    "-- heartbeat_timeout to latest_close after the ping",
    'S: close 1000 "heartbeat timeout"',
)


def test_the_observer_is_content_with_what_the_example_shows() -> None:
    played_against(pong, PING, PONG)
    played_against(pong, *TIMEOUT, closes_after=1.7)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (lambda _: [], "nothing came in time"),
        (lambda message: pong(message) * 2, "expected silence"),
        (lambda _: ['{"type":"pong","id":1}'], '"id":1.* came; expected'),
        (lambda _: ['{"type":"ping"}'], "ping.* came; expected"),
        (lambda _: ["true"], "came; expected"),
    ],
)
def test_the_observer_sees_a_wrong_reply(reply: Reply, complaint: str) -> None:
    with pytest.raises(Departure, match=complaint):
        played_against(reply, PING, PONG)


@pytest.mark.parametrize(
    ("closes_after", "complaint"), [(0.5, "s too early"), (2.6, "nothing came in time")]
)
def test_the_observer_sees_a_close_at_a_wrong_moment(closes_after: float, complaint: str) -> None:
    with pytest.raises(Departure, match=complaint):
        played_against(pong, *TIMEOUT, closes_after=closes_after)


@pytest.mark.parametrize("reason", ["", "Heartbeat timeout", "heartbeat timeout."])
def test_the_observer_sees_a_wrong_reason(reason: str) -> None:
    lines = (PING, PONG, 'S: close 1000 "heartbeat timeout"')
    with pytest.raises(Departure, match="came; expected Close"):
        played_against(pong, *lines, closes_after=0.1, reason=reason)


def test_the_observer_sees_a_broken_silence() -> None:
    with pytest.raises(Departure, match="expected silence"):
        played_against(pong, PING, "-- nothing for reply_deadline")


@pytest.mark.parametrize("id", ["C-PING-CADENCE", "C-RECONNECT", "C-PONG-MISSING"])
def test_a_client_that_departs_from_an_example_is_found(id: str) -> None:
    """A client that keeps to its times well, but to those of a slower contract."""
    example = next(each for each in CLIENTS if each.requirement == id)
    same = ("name", "interval_tolerance", "tolerance")
    slow = spec.load_timing(
        {name: each if name in same else 3 * each for name, each in FAST.to_json().items()}
    )

    def start(url: str) -> tuple[Awaitable[None], Ends]:
        client, ended = HeartbeatClient(url, Settings.from_timing(slow)), asyncio.Event()

        async def live() -> None:
            async with client:
                await ended.wait()

        async def end() -> None:
            await client.close()
            ended.set()

        return live(), end

    with pytest.raises(Departure):
        asyncio.run(play(example, FAST, start))
