"""Enemies whose messages are meant for whoever reads the report, or for its parser."""

from tests.enemies.enemy import enemy
from tests.enemies.visitor import CLOSE, TEXT, Visitor, closing

EVIL = (
    "\x1b[2J\x1b]0;owned\x07\x1b[31m<script>alert(1)</script>"
    "\u202eevil\u202c\u200b\u2028[bold red]x[/bold red]&amp;]]>\r\nwsbeat: conformant"
)


async def _answer_all_with(visitor: Visitor, text: str) -> None:
    await visitor.shake()
    async for _ in visitor.converse():
        await visitor.send(TEXT, text.encode())


@enemy(answers=False)
async def parrot(visitor: Visitor) -> None:
    """Sends every frame back as it came."""
    await visitor.shake()
    async for opcode, payload in visitor.frames():
        await visitor.send(opcode, payload)  # type: ignore[arg-type]
        if opcode == CLOSE:
            return


@enemy(clock=False)
async def escapes_in_texts(visitor: Visitor) -> None:
    """Answers with escape sequences, markup and marks that turn the reading order round."""
    await _answer_all_with(visitor, EVIL)


@enemy()
async def escapes_in_a_close_reason(visitor: Visitor) -> None:
    """Closes with such a reason."""
    await visitor.shake()
    async for _ in visitor.converse():
        reason = EVIL.encode()[:118].decode(errors="ignore")
        await visitor.send(CLOSE, closing(4000, reason))


@enemy(clock=False)
async def escapes_in_echoes(visitor: Visitor) -> None:
    """Answers pings properly, and business with echoes of other data, which is hostile."""
    await visitor.shake()
    async for text in visitor.converse():
        is_ping = '"ping"' in text
        evil = '"\\u001b[2J<script>alert(1)</script>\u202e[red]"'
        answer = '{"type":"pong"}' if is_ping else f'{{"type":"echo","data":{evil}}}'
        await visitor.send(TEXT, answer.encode())


@enemy(clock=False)
async def deep_JSON(visitor: Visitor) -> None:
    """Answers with arrays in arrays, 100,000 deep."""
    await _answer_all_with(visitor, "[" * 100_000 + "]" * 100_000)


@enemy(clock=False)
async def deep_echoes(visitor: Visitor) -> None:
    """Answers with echoes whose data is 100,000 deep."""
    depth = 100_000
    await _answer_all_with(
        visitor, '{"type":"echo","data":' + '{"a":' * depth + "1" + "}" * depth + "}"
    )


@enemy(clock=False)
async def numbers_of_5000_digits(visitor: Visitor) -> None:
    """Answers with a number that has 5,000 digits."""
    await _answer_all_with(visitor, '{"type":"echo","data":' + "9" * 5000 + "}")


@enemy(clock=False)
async def half_surrogates(visitor: Visitor) -> None:
    """Answers with half a surrogate pair, escaped."""
    await _answer_all_with(visitor, '{"type":"\\ud800","data":"\\udfff"}')
