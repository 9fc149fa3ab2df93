"""The server side of the contract, as a FastAPI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from time import monotonic

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from reference_server.heartbeats import Heartbeats
from reference_server.message import PING, PONG, Unanswerable, decode, echo, kind
from reference_server.page import page
from reference_server.settings import Settings

PATH = "/ws"


def create_app(settings: Settings) -> FastAPI:
    """Return a new application with the WebSocket endpoint ``/ws``, and a page at ``/``.

    Its connections are in ``app.state.heartbeats``, and no connection outlives its entry there.
    """
    heartbeats = Heartbeats[WebSocket](settings.heartbeat_timeout)

    @asynccontextmanager
    async def checking(_: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            checker = tasks.create_task(_check_forever(heartbeats, settings))
            yield
            checker.cancel()

    app = FastAPI(lifespan=checking, openapi_url=None)
    app.state.heartbeats = heartbeats
    app.include_router(page(settings))

    @app.websocket(PATH)
    async def heartbeat(socket: WebSocket) -> None:
        heartbeats.restart(socket)  # S-CLOCK-START
        try:
            await socket.accept()  # S-ACCEPT: without a subprotocol, whatever was offered
            plan_b = settings.server_ping
            async with _pinging(socket, settings.heartbeat_interval) if plan_b else nullcontext():
                await _converse(socket, heartbeats, settings)
        finally:
            heartbeats.forget(socket)  # S-SURVIVE: however it ended

    return app


async def _converse(
    socket: WebSocket, heartbeats: Heartbeats[WebSocket], settings: Settings
) -> None:
    """Answer the messages of one connection, in order (S-ORDER), until it ends.

    Only pings restart the clock, or whatever comes, if so declared (S-ONLY-PINGS). Under Plan B it
    is pongs that do (B-TIMEOUT); they are answers, and get none (B-NO-LOOP).
    """
    alive = "pong" if settings.server_ping else "ping"
    while (event := await socket.receive())["type"] != "websocket.disconnect":
        await asyncio.sleep(0)  # a flood on this connection is not to delay others (S-INDEPENDENT)
        text = event.get("text")
        # Binary gets no answer (S-BINARY), and neither does what comes after the clock ran out:
        # a pong before the Close would make that Close a broken promise (S-TIMEOUT-EARLIEST).
        if socket not in heartbeats:
            continue
        if settings.inbound_liveness:
            heartbeats.restart(socket)
        if text is None:
            continue
        with suppress(Unanswerable):
            message = decode(text)
            if kind(message) == alive:
                heartbeats.restart(socket)
            if kind(message) == "ping":
                await _send(socket, PONG)
            elif kind(message) != alive:
                await _send(socket, echo(message))


async def _send(socket: WebSocket, text: str) -> None:
    # The end of a connection is told by its last event; a message too late for it is no fault.
    # uvicorn raises RuntimeError when the Close was its own, for instance after a broken frame.
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(text)


@asynccontextmanager
async def _pinging(socket: WebSocket, interval: float) -> AsyncIterator[None]:
    """Ping the client from the handshake on, every ``interval`` seconds (B-SERVER-PING)."""

    async def ping_forever() -> None:
        while True:  # counted from the last ping, so that one sent late makes no gap too short
            await _send(socket, PING)
            await asyncio.sleep(interval)

    async with asyncio.TaskGroup() as tasks:
        pinger = tasks.create_task(ping_forever())
        yield
        pinger.cancel()


async def _check_forever(heartbeats: Heartbeats[WebSocket], settings: Settings) -> None:
    """Close, every ``check_interval`` seconds, the connections whose clock ran out.

    The next check finds those that this one just misses, hence S-TIMEOUT-LATEST.
    """
    async with asyncio.TaskGroup() as closing:  # one task for each: S-NO-QUEUE
        async for now in _every(settings.check_interval):
            # While the loop was busy a ping may have arrived that nobody has read yet. It counts
            # (S-REFRESH), so let the loop take it from the socket, and what came before it too.
            for _ in range(10):
                await asyncio.sleep(0)
            for socket in heartbeats.take_expired(now):
                closing.create_task(_close(socket, settings.drop_after))


async def _close(socket: WebSocket, drop_after: float) -> None:
    # A peer that reads nothing leaves no room for the Close: give up, the server drops it then.
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(drop_after):
            await socket.close(1000, "heartbeat timeout")  # S-TIMEOUT-CODE


async def _every(interval: float) -> AsyncIterator[float]:
    """Yield the monotonic time now and then every ``interval`` seconds, without drift."""
    due = monotonic()
    while True:
        yield monotonic()
        # After a stall of the whole process one tick is due, not all that were missed.
        due = max(due + interval, monotonic())
        await asyncio.sleep(due - monotonic())
