"""Enemies whose frames RFC 6455 does not allow."""

from websockets.frames import Frame

from tests.enemies.enemy import enemy
from tests.enemies.visitor import BINARY, CLOSE, CONT, TEXT, Visitor, closing


async def _answer_all_with(visitor: Visitor, *data: bytes) -> None:
    """Open the connection and answer each message with these bytes."""
    await visitor.shake()
    async for _ in visitor.converse():
        await visitor.raw(*data)


@enemy(answers=False)
async def invalid_UTF_8(visitor: Visitor) -> None:
    """Answers with a text that is not UTF-8."""
    await _answer_all_with(visitor, Frame(TEXT, b'{"type":"pong\xff"}').serialize(mask=False))


@enemy(answers=False, clock=False)
async def reserved_opcode(visitor: Visitor) -> None:
    """Answers with a frame of an opcode that has no meaning."""
    await _answer_all_with(visitor, b'\x83\x0f{"type":"pong"}')


@enemy(answers=False, clock=False)
async def masked_frames(visitor: Visitor) -> None:
    """Masks its frames, which only clients do."""
    await _answer_all_with(visitor, Frame(TEXT, b'{"type":"pong"}').serialize(mask=True))


@enemy(answers=False, clock=False)
async def reserved_bits(visitor: Visitor) -> None:
    """Sets reserved bits in its frames."""
    await _answer_all_with(visitor, b'\xf1\x0f{"type":"pong"}')


@enemy(answers=False, clock=False)
async def long_control_frame(visitor: Visitor) -> None:
    """Answers with a control frame of 1,000 bytes."""
    await _answer_all_with(visitor, b"\x89\x7e\x03\xe8" + b"p" * 1000)


@enemy(answers=False, clock=False)
async def fragmented_control_frame(visitor: Visitor) -> None:
    """Answers with a control frame in fragments."""
    await _answer_all_with(visitor, b"\x09\x01p")


@enemy(answers=False, clock=False)
async def continuation_of_nothing(visitor: Visitor) -> None:
    """Answers with the continuation of a message that it never began."""
    await _answer_all_with(visitor, Frame(CONT, b"pong").serialize(mask=False))


@enemy(answers=False, clock=False)
async def message_within_a_message(visitor: Visitor) -> None:
    """Begins a message before the one before it has ended."""
    begun = Frame(TEXT, b'{"type"', fin=False).serialize(mask=False)
    await _answer_all_with(visitor, begun, begun)


@enemy(answers=False, clock=False)
async def close_of_one_byte(visitor: Visitor) -> None:
    """Closes with half a code."""
    await _answer_all_with(visitor, Frame(CLOSE, b"\x03").serialize(mask=False))


@enemy(answers=False, clock=False)
async def close_with_invalid_reason(visitor: Visitor) -> None:
    """Closes with a reason that is not UTF-8."""
    await _answer_all_with(visitor, Frame(CLOSE, b"\x03\xe8\xff\xfe").serialize(mask=False))


async def _close_with(visitor: Visitor, code: int) -> None:
    await _answer_all_with(visitor, Frame(CLOSE, closing(code, "why")).serialize(mask=False))


@enemy(answers=False, clock=False)
async def close_with_1005(visitor: Visitor) -> None:
    """Closes with the code that means that there was none."""
    await _close_with(visitor, 1005)


@enemy(answers=False, clock=False)
async def close_with_1006(visitor: Visitor) -> None:
    """Closes with the code that means that there was no Close."""
    await _close_with(visitor, 1006)


@enemy(answers=False, clock=False)
async def close_with_1015(visitor: Visitor) -> None:
    """Closes with the code that means that TLS failed."""
    await _close_with(visitor, 1015)


@enemy(answers=False, clock=False)
async def close_with_999(visitor: Visitor) -> None:
    """Closes with a code below all that have a meaning."""
    await _close_with(visitor, 999)


@enemy(answers=False, clock=False)
async def close_with_5000(visitor: Visitor) -> None:
    """Closes with a code above all that have a meaning."""
    await _close_with(visitor, 5000)


@enemy()
async def binary_replies(visitor: Visitor) -> None:
    """Answers in binary messages."""
    await _answer_all_with(visitor, Frame(BINARY, b'{"type":"pong"}').serialize(mask=False))
