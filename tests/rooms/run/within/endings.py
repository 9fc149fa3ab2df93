"""Servers that are async functions, each with its own way to end when it is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve

from tests.rooms.run.within.apps import answer


async def says_so_where_it_is_cancelled(port: int) -> None:
    """It leaves its connections to what each of them does when `asyncio.run` cancels it."""

    async def converse(connection: ServerConnection) -> None:
        try:
            await answer(connection)
        except asyncio.CancelledError:
            await connection.close(1001)
            raise

    await serve(converse, "127.0.0.1", port, ping_interval=None, close_timeout=1.0)
    await asyncio.Event().wait()


async def leaves_its_connections(port: int) -> None:
    """It ends, and its connections with it, without a word."""

    async def converse(connection: ServerConnection) -> None:
        try:
            await answer(connection)
        finally:
            connection.transport.abort()

    await serve(converse, "127.0.0.1", port, ping_interval=None, close_timeout=1.0)
    await asyncio.Event().wait()


async def does_not_end(port: int) -> None:
    """It goes on as if nobody had asked, until it was asked thrice."""
    async with serve(answer, "127.0.0.1", port, ping_interval=None, close_timeout=1.0):
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
