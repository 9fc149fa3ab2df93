"""An application that beats with {"event":"hb","n":7} and {"event":"ack","n":7}.

It closes a connection with 4008 after 45 s without a beat. `BREAKS` in the environment names a
fault that it has.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

TIMEOUT, CHECK = 45.0, 5.0
CODE = 4008

app = FastAPI()


def breaks(fault: str) -> bool:
    """Whether it has this fault."""
    return os.environ.get("BREAKS") == fault


async def look(socket: WebSocket, beats: dict[str, float]) -> None:
    """Close the connection when nobody beats."""
    now = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(CHECK)
        if now() - beats["last"] >= (TIMEOUT / 2 if breaks("is impatient") else TIMEOUT):
            await socket.close(1001 if breaks("closes with 1001") else CODE)
            return


async def answer(socket: WebSocket, text: str, beats: dict[str, float]) -> None:
    """Answer a beat, and whatever else there is."""
    now = asyncio.get_running_loop().time
    try:
        said: Any = json.loads(text)
    except ValueError:
        return
    if breaks("counts everything"):
        beats["last"] = now()
    event = said.get("event") if isinstance(said, dict) else None
    if isinstance(event, str) and breaks("ignores case"):
        event = event.lower()
    if event == "hb" and isinstance(said.get("n"), int):
        beats["last"] = now()
        beats["count"] += 1
        number = beats["count"] if breaks("counts itself") else said["n"]
        ack = {"type": "pong"} if breaks("answers otherwise") else {"event": "ack", "n": number}
        for _ in range(2 if breaks("answers twice") else 1):
            await socket.send_text(json.dumps(ack))
    elif event == "hello":
        await socket.send_text(json.dumps({"event": "welcome"}))


@app.websocket("/ws")
async def serve(socket: WebSocket) -> None:
    """Serve one connection."""
    await socket.accept()
    beats = {"last": asyncio.get_running_loop().time(), "count": 1000.0}
    looking = asyncio.create_task(look(socket, beats))
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") is not None:
                await answer(socket, message["text"], beats)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        looking.cancel()
