"""Enemies that answer the handshake with something else, or with no end."""

import asyncio

from tests.enemies.enemy import enemy
from tests.enemies.visitor import Visitor, accepted

NO_KEY = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the example of RFC 6455, which answers no real request


@enemy(answers=False)
async def handshake_byte_by_byte(visitor: Visitor) -> None:
    """Sends the answer to the handshake at one byte per second."""
    await visitor.request()
    for byte in accepted(NO_KEY):
        await visitor.raw(bytes([byte]))
        await asyncio.sleep(1)


@enemy(answers=False)
async def endless_header(visitor: Visitor) -> None:
    """Answers the handshake with header fields that never end."""
    await visitor.request()
    await visitor.raw(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        await visitor.raw(b"X-More: and more\r\n" * 1000)


@enemy(answers=False)
async def endless_line(visitor: Visitor) -> None:
    """Answers the handshake with one line that never ends."""
    await visitor.request()
    while True:
        await visitor.raw(b"HTTP/1.1 101 " * 1000)


@enemy(answers=False)
async def endless_body(visitor: Visitor) -> None:
    """Answers the handshake with a 200 whose body never ends."""
    await visitor.request()
    await visitor.raw(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await visitor.raw(b"<p>and more</p>" * 1000)


@enemy(answers=False)
async def wrong_key(visitor: Visitor) -> None:
    """Answers the handshake of another client."""
    await visitor.request()
    await visitor.raw(accepted(NO_KEY))
    await visitor.linger()


@enemy(answers=False)
async def old_HTTP(visitor: Visitor) -> None:
    """Answers the handshake in HTTP/1.0."""
    await visitor.request()
    await visitor.raw(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")


@enemy(answers=False)
async def redirection(visitor: Visitor) -> None:
    """Sends the client elsewhere with a 301."""
    await visitor.request()
    await visitor.raw(
        b"HTTP/1.1 301 Moved Permanently\r\n"
        b"Location: ws://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    )


@enemy(answers=False)
async def no_HTTP(visitor: Visitor) -> None:
    """Speaks another protocol."""
    await visitor.raw(b"SSH-2.0-OpenSSH_9.6\r\n")
    await visitor.linger()


@enemy(answers=False)
async def escapes_in_a_refusal(visitor: Visitor) -> None:
    """Refuses with a reason phrase of escape sequences and markup."""
    await visitor.request()
    evil = "<script>alert(1)</script>\x9b31m\xa0[bold red]".encode("latin-1")
    await visitor.raw(b"HTTP/1.1 403 " + evil + b"\r\nContent-Length: 0\r\n\r\n")


@enemy(answers=False)
async def escapes_in_a_subprotocol(visitor: Visitor) -> None:
    """Selects a subprotocol of markup, which nobody offered."""
    await visitor.shake("Sec-WebSocket-Protocol: <script>alert(1)</script>\x9b31m")
    await visitor.behave()


@enemy(answers=False)
async def compression_not_offered(visitor: Visitor) -> None:
    """Accepts compression that the client did not offer."""
    await visitor.shake("Sec-WebSocket-Extensions: permessage-deflate")
    await visitor.behave()
