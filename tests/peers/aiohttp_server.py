"""A second compliant server: another stack, another design, other choices where there is one.

Each connection has a timer of its own, set in the middle of the allowed window, where the
reference server sweeps over all of them. What is allowed but not demanded is done the other way
round, too: binary is closed with 1003, JSON beyond I-JSON with 1007, too deep nesting with 1008,
echoes are not escaped to ASCII, and a server that goes away says 1001.

``python -m tests.peers.aiohttp_server --port 0 --timing fast``
"""

import argparse
import asyncio
import json
import logging
import signal
from typing import NoReturn

from aiohttp import WSCloseCode, WSMsgType, web

from spec import Timing, load_timing

LIMIT = 2**20  # bytes of a message
PATIENCE = 2.0  # seconds for a peer to answer a Close; ten are allowed (S-DROP)
LAST_WORDS = 1.0  # seconds more for a peer to read what was sent to it
SOCKETS = web.AppKey("SOCKETS", set[web.WebSocketResponse])
TIMING = web.AppKey("TIMING", Timing)


class Refused(Exception):
    """A message ends its connection; the argument is the close code."""


def main() -> None:
    """Run the server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.aiohttp_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timing", default="fast")
    given = parser.parse_args()
    # aiohttp warns of every subprotocol that it does not know, which is nobody's fault.
    logging.getLogger("aiohttp").setLevel(logging.ERROR)
    asyncio.run(serve(given.port, load_timing(given.timing)))


async def serve(port: int, timing: Timing) -> None:
    """Serve on the loopback interface until SIGTERM or SIGINT; port 0 takes any free one."""
    app = web.Application()
    app[SOCKETS], app[TIMING] = set(), timing
    app.on_shutdown.append(go_away)
    app.router.add_get("/ws", converse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LAST_WORDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        print(f"aiohttp server listening on ws://127.0.0.1:{runner.addresses[0][1]}/ws", flush=True)
        await ended.wait()
    finally:
        await runner.cleanup()


async def converse(request: web.Request) -> web.WebSocketResponse:
    """Serve one connection: its timer is the timeout around the conversation."""
    timing = request.app[TIMING]
    silence = timing.heartbeat_timeout + timing.check_interval / 2
    # aiohttp by itself would answer every Close with 1000, not with the code of the client.
    socket = web.WebSocketResponse(autoclose=False, max_msg_size=LIMIT)
    code, reason = 1000, b""
    try:
        async with asyncio.timeout(silence) as clock:
            await socket.prepare(request)
            request.app[SOCKETS].add(socket)
            while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await asyncio.sleep(0)  # a flood on one connection must not delay the others
                if message.type is WSMsgType.BINARY:
                    raise Refused(WSCloseCode.UNSUPPORTED_DATA)
                try:
                    value = parsed(message.data)
                except NotJson:
                    continue
                if isinstance(value, dict) and value.get("type") == "ping":
                    clock.reschedule(asyncio.get_running_loop().time() + silence)
                    await socket.send_str('{"type": "pong"}')
                else:
                    await socket.send_str(echo(value))
            if message.type is WSMsgType.CLOSE:
                code, reason = message.data or 1000, (message.extra or "").encode()
    except Refused as refused:
        code = refused.args[0]
    except TimeoutError:
        reason = b"heartbeat timeout"
    except ConnectionError:
        pass  # the peer has gone; the close finds nobody
    finally:
        request.app[SOCKETS].discard(socket)
    await close(request, socket, code, reason)
    return socket


class NotJson(Exception):
    """A text that is not JSON."""


def parsed(text: str) -> object:
    """Return the value of a JSON text.

    Raises ``NotJson``, or ``Refused`` with 1008 for nesting beyond Python's stack.
    """
    try:
        return json.loads(text, parse_constant=no_constant, parse_int=as_int)
    except json.JSONDecodeError as error:
        raise NotJson from error
    except RecursionError as error:
        raise Refused(WSCloseCode.POLICY_VIOLATION) from error


def no_constant(_: str) -> NoReturn:
    """Refuse what RFC 8259 has not: NaN and the infinities."""
    raise NotJson


def as_int(digits: str) -> int | float:
    """Return the integer, or infinity where it has more digits than any binary64 number."""
    return int(digits) if len(digits) <= 310 else float(digits)


def echo(value: object) -> str:
    """Return the echo of a value.

    Raises ``Refused`` with 1007 for infinity and for lone surrogates, which no JSON text in UTF-8
    can say as they are, and with 1008 for nesting that can be read but not be written.
    """
    try:
        text = json.dumps({"data": value, "type": "echo"}, allow_nan=False, ensure_ascii=False)
        text.encode()
        return text
    except ValueError as error:
        raise Refused(WSCloseCode.INVALID_TEXT) from error
    except RecursionError as error:
        raise Refused(WSCloseCode.POLICY_VIOLATION) from error


async def close(
    request: web.Request, socket: web.WebSocketResponse, code: int, reason: bytes
) -> None:
    """Close, and drop the connection of a peer that does not take part in it."""
    try:
        async with asyncio.timeout(PATIENCE):
            await socket.close(code=code, message=reason)
    except (TimeoutError, ConnectionError):
        pass
    asyncio.get_running_loop().call_later(LAST_WORDS, drop, request)


def drop(request: web.Request) -> None:
    """Drop a connection that is still open, because its peer reads nothing."""
    if request.transport is not None:
        request.transport.abort()


async def go_away(app: web.Application) -> None:
    """Close all connections with 1001, and wait no longer than a moment for any."""
    async with asyncio.TaskGroup() as tasks:
        for socket in app[SOCKETS].copy():
            tasks.create_task(say_goodbye(socket))


async def say_goodbye(socket: web.WebSocketResponse) -> None:
    """Close one connection with 1001."""
    try:
        async with asyncio.timeout(LAST_WORDS):
            await socket.close(code=WSCloseCode.GOING_AWAY)
    except (TimeoutError, ConnectionError):
        pass


if __name__ == "__main__":
    main()
