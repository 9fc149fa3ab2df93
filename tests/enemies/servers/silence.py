"""Enemies that end too soon, or never."""

import asyncio

from tests.enemies.enemy import enemy
from tests.enemies.visitor import CLOSE, TEXT, Visitor, reply


@enemy(answers=False)
async def black_hole(visitor: Visitor) -> None:
    """Accepts the TCP connection and never answers."""
    await visitor.linger()


@enemy(answers=False)
async def black_hole_after_the_handshake(visitor: Visitor) -> None:
    """Opens the connection and never says anything."""
    await visitor.shake()
    await visitor.linger()


@enemy(answers=False)
async def instant_closer(visitor: Visitor) -> None:
    """Opens the connection and closes it at once."""
    await visitor.shake()
    await visitor.send(CLOSE, b"\x03\xe8")


@enemy(answers=False)
async def reset_at_once(visitor: Visitor) -> None:
    """Resets the TCP connection as soon as it is there."""
    visitor.reset()


@enemy(answers=False)
async def reset_after_the_handshake(visitor: Visitor) -> None:
    """Opens the connection and resets it."""
    await visitor.shake()
    visitor.reset()


@enemy()
async def never_answers_Close(visitor: Visitor) -> None:
    """Answers every message, but no Close, and keeps the TCP connection."""
    await visitor.shake()
    async for opcode, payload in visitor.frames():
        if opcode == TEXT and (proper := reply(payload.decode())) is not None:
            await visitor.send(TEXT, proper.encode())


@enemy(answers=False, clock=False)
async def never_reads(visitor: Visitor) -> None:
    """Opens the connection and reads nothing from then on."""
    await visitor.shake()
    visitor.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3600)


@enemy()
async def hangs_every_second_time(visitor: Visitor) -> None:
    """Serves every other connection properly and leaves the handshakes between unanswered."""
    if visitor.number % 2 == 0:
        await visitor.linger()
    await visitor.shake()
    await visitor.behave()
