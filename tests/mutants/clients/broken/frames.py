"""Clients that take how a message came for what it says."""

from collections.abc import AsyncIterator
from dataclasses import replace

from websockets.asyncio.client import ClientConnection

from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.mutant import mutant


@mutant("C-STAY")
def takes_each_frame_for_a_message(client: Behaviour) -> Behaviour:
    """Hears no pong that comes in two, and gives the connection up for want of it."""

    async def by_frames(socket: ClientConnection) -> AsyncIterator[str | bytes]:
        while True:
            async for part in socket.recv_streaming():
                yield part

    return replace(client, reads=by_frames)


@mutant("C-TOLERATE")
def decodes_frames_before_it_joins_them(client: Behaviour) -> Behaviour:
    """Joins the frames of a message, and dies of one that ends in the midst of a character."""

    async def by_texts(socket: ClientConnection) -> AsyncIterator[str | bytes]:
        while True:
            parts = [part async for part in socket.recv_streaming(decode=False)]
            errors = "replace" if len(parts) == 1 else "strict"
            yield "".join(part.decode(errors=errors) for part in map(bytes, parts))

    return replace(client, reads=by_texts)
