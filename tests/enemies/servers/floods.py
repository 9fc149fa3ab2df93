"""Enemies that send too much."""

import zlib

from websockets.frames import Frame

from tests.enemies.enemy import enemy
from tests.enemies.visitor import CONT, PING, PONG, TEXT, Visitor

SERIES = 1000  # how many frames a flood sends between two looks at the client
HUGE = 200 * 1024 * 1024


async def _flood(visitor: Visitor, frame: Frame, *before: Frame) -> None:
    await visitor.shake()
    await visitor.raw(*(each.serialize(mask=False) for each in before))
    wave = frame.serialize(mask=False) * SERIES
    while True:
        await visitor.raw(wave)


@enemy(answers=False)
async def firehose(visitor: Visitor) -> None:
    """Sends messages without end, valid ones, asked for or not."""
    await _flood(visitor, Frame(TEXT, b'{"type":"echo","data":{"spam":true}}'))


@enemy(clock=False)
async def firehose_of_pongs(visitor: Visitor) -> None:
    """Sends the pong of the contract without end."""
    await _flood(visitor, Frame(TEXT, b'{"type":"pong"}'))


@enemy(answers=False)
async def firehose_of_large_messages(visitor: Visitor) -> None:
    """Sends messages of a mebibyte without end."""
    await visitor.shake()
    text = b'{"type":"echo","data":"' + b"a" * (1 << 20) + b'"}'
    while True:
        await visitor.send(TEXT, text)


@enemy(answers=False)
async def firehose_of_control_Pings(visitor: Visitor) -> None:
    """Sends control Pings without end."""
    await _flood(visitor, Frame(PING, b"p" * 125))


@enemy(answers=False, clock=False)
async def firehose_of_control_Pongs(visitor: Visitor) -> None:
    """Sends control Pongs without end."""
    await _flood(visitor, Frame(PONG, b"p" * 125))


@enemy(answers=False)
async def endless_fragments(visitor: Visitor) -> None:
    """Sends a message whose fragments never end."""
    await _flood(visitor, Frame(CONT, b"a", fin=False), Frame(TEXT, b'"', fin=False))


@enemy(answers=False, clock=False)
async def endless_empty_fragments(visitor: Visitor) -> None:
    """Sends a message of empty fragments that never end."""
    await _flood(visitor, Frame(CONT, b"", fin=False), Frame(TEXT, b"", fin=False))


@enemy(answers=False, clock=False)
async def message_of_200_MB(visitor: Visitor) -> None:
    """Answers with a message of 200 MB."""
    await visitor.shake()
    async for _ in visitor.converse():
        await visitor.raw(b"\x81\x7f" + HUGE.to_bytes(8))
        for _ in range(HUGE >> 20):
            await visitor.raw(b"1" * (1 << 20))


@enemy("--compression", answers=False, clock=False)
async def compression_bomb(visitor: Visitor) -> None:
    """Answers with a compressed message that swells to 200 MB."""
    await visitor.shake("Sec-WebSocket-Extensions: permessage-deflate")
    press = zlib.compressobj(wbits=-15)
    bomb = b"".join(press.compress(b"a" * (1 << 20)) for _ in range(HUGE >> 20))
    bomb += press.flush(zlib.Z_SYNC_FLUSH)
    frame = Frame(TEXT, bomb[:-4])
    async for _ in visitor.frames():
        data = bytearray(frame.serialize(mask=False))
        data[0] |= 0x40  # RSV1: the message is compressed
        await visitor.raw(bytes(data))


@enemy(answers=False, clock=False)
async def compression_bomb_not_offered(visitor: Visitor) -> None:
    """Sends a compressed message to a client that offered no compression."""
    await visitor.shake()
    await visitor.raw(b"\xc1\x03\xab\xaa\x02")
    await visitor.linger()
