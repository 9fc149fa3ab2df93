"""The mended server without one of its mends, in virtual time: what the field has instead.

For each requirement, the lines of the mend and what usually stands in their place.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket
from typing import Any
from unittest.mock import patch

import uvicorn
from fastapi import FastAPI

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from spec import Timing, load_timing
from tests.mutants.drawn_once import drawn_once, schedules_once
from tests.peers.mends.taken_out import Changes, without

SOURCE = (Path(__file__).parent / "server.py").read_text("utf-8")
EXAMPLES = 6

RECEIVE = """\
                event = await websocket.receive()
                if event["type"] == "websocket.disconnect":
                    break
                text = event.get("text")
                if text is None:
                    continue
"""
LOOKED_AT = "                if text is None:\n                    continue\n"
ECHO = '                    echo = json.dumps({"type": "echo", "data": message}, allow_nan=False)\n'
IS_PING = 'if isinstance(message, dict) and message.get("type") == "ping":'
NOTED = "                    last_pings[websocket] = time.monotonic()\n"
PONG = """await websocket.send_text('{"type":"pong"}')"""
ACCEPTED = "        await websocket.accept()\n        last_pings[websocket] = time.monotonic()\n"
CLOSE = 'await websocket.close(1000, "heartbeat timeout")'
TASK = """\
                    closing.add(task := asyncio.create_task(close(websocket)))
                    task.add_done_callback(closing.discard)
"""

NUMBERS = "json.loads(text, parse_constant=refuse)"
ANSWER = f"                {IS_PING}\n{NOTED}                    {PONG}\n"
BEAT = '                await websocket.send_text(\'{"type":"ping"}\')\n'
PINGED = '                elif isinstance(message, dict) and message.get("type") == "ping":\n'
PONGS = f"""\
                if isinstance(message, dict) and message.get("type") == "pong":
{NOTED}{PINGED}                    {PONG}
"""
BEATING = "        beating = asyncio.create_task(beat(websocket))\n"

PLAN_B: Changes = (
    (
        "    async def close(",
        f"""\
    async def beat(websocket: WebSocket) -> None:
        with suppress(Exception):
            while True:
                await asyncio.sleep(timing.heartbeat_interval)
{BEAT}
    async def close(""",
    ),
    (ACCEPTED, ACCEPTED + BEATING),
    (ANSWER, PONGS),
    ("        finally:\n", "        finally:\n            beating.cancel()\n"),
)
"""What makes a server of Plan B of the mended one."""

UNMENDED: dict[str, Changes] = {
    "S-ACCEPT": (
        (
            "await websocket.accept()",
            'await websocket.accept((websocket.scope["subprotocols"] or [None])[0])',
        ),
    ),
    "S-PING-FORM": ((IS_PING, "if '\"ping\"' in text:"),),
    "S-PONG": ((PONG, f"{PONG}; {PONG}"),),
    "S-PONG-FORM": ((PONG, PONG.replace('"pong"', '"pong","at":0')),),
    "S-BURST": (
        (PONG, f"""\
pongs[websocket] = [*(at for at in pongs.get(websocket, ()) if at > time.monotonic() - 1),
                                        time.monotonic()]
                    if len(pongs[websocket]) > 100: continue
                    {PONG}"""),
        ("    closing: set", "    pongs: dict[WebSocket, list[float]] = {}\n    closing: set"),
    ),
    "S-ECHO": ((IS_PING, 'if message.get("type") == "ping":'),),
    "S-ECHO-DATA": (
        (NUMBERS, NUMBERS[:-1] + ", parse_float=lambda it: round(float(it), 2))"),
    ),
    "S-ECHO-FORM": (("await websocket.send_text(echo)",
                     'await websocket.send_text(echo[:-1] + \', "at": 0}\')'),),
    "S-IGNORE-NOT-JSON": (
        (ECHO, ""),
        (", parse_constant=refuse", ""),
        ("await websocket.send_text(echo)",
         'await websocket.send_json({"type": "echo", "data": message})'),
    ),
    "S-BEYOND-IJSON": (
        (ECHO, ""),
        ("await websocket.send_text(echo)",
         'await websocket.send_json({"type": "echo", "data": message})'),
    ),
    "S-DEPTH": (("except (ValueError, RecursionError):", "except ValueError:"),),
    "S-BINARY": ((RECEIVE, "                text = await websocket.receive_text()\n"),),
    "S-SIZE": ((LOOKED_AT, f"{LOOKED_AT}                if len(text) > 50_000:\n"
                           "                    break\n"),),
    "S-ORDER": (
        ("await websocket.send_text(echo)",
         "closing.add(asyncio.create_task(stored(websocket.send_text(echo))))"),
        ("    async def close(", """\
    async def stored(sending: Any) -> None:
        await asyncio.sleep(0.01)
        await sending

    async def close("""),
    ),
    "S-VALID-OUTPUT": (
        (ECHO, '                    echo = str({"type": "echo", "data": message})\n'),
    ),
    "S-QUIET": ((ACCEPTED, f"{ACCEPTED}        {PONG}\n"),),
    "S-CLOCK-START": ((ACCEPTED, "        await websocket.accept()\n"),),
    "S-REFRESH": ((NOTED, ""),),
    "S-ONLY-PINGS": ((RECEIVE, RECEIVE + NOTED[4:]),),
    "S-TIMEOUT-EARLIEST": (("> timing.heartbeat_timeout", "> 2 * timing.heartbeat_interval"),),
    "S-TIMEOUT-LATEST": (("sleep(timing.check_interval)", "sleep(10 * timing.check_interval)"),),
    "S-TIMEOUT-CODE": ((CLOSE, "await websocket.close()"),),
    "S-INDEPENDENT": (
        (NOTED, NOTED.replace("last_pings[websocket]", "for each in last_pings: last_pings[each]")),
    ),
    "S-NO-QUEUE": ((TASK, "                    await close(websocket)\n"),),
    "B-SERVER-PING": ((BEATING, BEATING.replace("beat(websocket)", "asyncio.sleep(0)")),),
    "B-NO-LOOP": ((PINGED, PINGED.replace("elif", "if")),),
    "B-TIMEOUT": ((PINGED, PINGED + NOTED),),
}  # fmt: skip


def source_without(requirement: str | None) -> str:
    """The source of the mended server, without the mend of one requirement.

    It is that of Plan B, where the requirement is one of it.
    """
    changes = UNMENDED.get(requirement or "", ())
    source = without(SOURCE, PLAN_B) if (requirement or "").startswith("B-") else SOURCE
    return without(source, changes)


def result_without(requirement: str | None, *select: str) -> Result:
    """What a run on the mended server finds out that lacks the mend of one requirement."""
    timing = load_timing("fast")
    capabilities = Capabilities(server_ping=(requirement or "").startswith("B-"))
    names: dict[str, Any] = {"__name__": "unmended"}
    exec(compile(source_without(requirement), "unmended", "exec"), names)
    application: Callable[[Timing], FastAPI] = names["application"]
    return check_server_within(
        lambda: _serving(application(timing)),
        lambda url: Target(url, timing, capabilities=capabilities),
        Options(examples=EXAMPLES, select=select),
        drawn_once,
        schedules_once,
    )


class Server(uvicorn.Server):
    """A server that says in this process where it listens."""

    port: asyncio.Future[int]

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.port.set_result(self.servers[0].sockets[0].getsockname()[1])


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[str]:
    """Run an application in uvicorn, in this loop, whose time is that of `time.monotonic`."""
    loop = asyncio.get_running_loop()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app, port=0, log_config=None, ws_ping_interval=None, timeout_graceful_shutdown=1
    )
    server, port = Server(config), loop.create_future()
    server.port = port
    with patch.object(time, "monotonic", loop.time):
        serving = asyncio.create_task(server._serve())
        yield f"ws://127.0.0.1:{await port}/ws"
        server.should_exit = True
        await serving
