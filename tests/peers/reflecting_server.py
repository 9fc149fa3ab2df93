"""A server that sends back what it was told in secret: in refusals, closes, echoes and pongs."""

from __future__ import annotations

import asyncio
import base64
import itertools
import sys
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from websockets.utils import accept_key

from tests.enemies.visitor import CLOSE, PONG, TEXT, Visitor, accepted, closing


def told(request: str) -> list[str]:
    """The secrets of a request, in the spellings in which somebody may log them."""
    line, *fields = request.split("\r\n")
    found = [
        value for values in parse_qs(urlsplit(line.split()[1]).query).values() for value in values
    ]
    for field in fields:
        name, _, value = field.partition(": ")
        if name in ("X-Key", "Cookie"):
            found += [value, value.split("=")[-1]]
        elif name == "Authorization":
            coded = value.split()[-1]
            found += [value, coded, base64.b64decode(coded).decode().partition(":")[2]]
    return found


async def reflect(visitor: Visitor, refuses: bool) -> None:
    """Send the secrets back in one way or another, by the number of the connection."""
    request = (await visitor.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    secrets: Sequence[str] = told(request)
    everything = " ".join(secrets)
    if refuses or visitor.number % 4 == 0:
        body = everything.encode()
        await visitor.raw(
            f"HTTP/1.1 403 {everything}\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body
        )
        return
    key = request.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
    await visitor.raw(accepted(accept_key(key)))
    count = 0
    async for opcode, payload in visitor.frames():
        secret = secrets[count % len(secrets)]
        count += 1
        if opcode == CLOSE or (opcode == TEXT and visitor.number % 4 == 1 and count > 4):
            await visitor.send(CLOSE, closing(4000, secret))
            return
        if opcode == TEXT and payload == b'{"type":"ping"}':
            await visitor.send(TEXT, f'{{"type":"pong","for":"{secret}"}}'.encode())
        elif opcode == TEXT:
            await visitor.send(TEXT, f'{{"type":"echo","data":["{secret}"]}}'.encode())
            await visitor.send(PONG, secret.encode()[:125])


async def main() -> None:
    """Serve until the process is ended; with an argument, refuse every handshake."""
    numbers = itertools.count(1)

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reflect(Visitor(reader, writer, next(numbers)), refuses=len(sys.argv) > 1)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has left: it may.
        finally:
            writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0, limit=1 << 26) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
