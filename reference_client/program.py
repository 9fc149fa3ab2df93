"""The client as a program: lines in, lines out, and an orderly end."""

import asyncio
import json
import os
import signal
import ssl
from contextlib import suppress

from reference_client.client import Change, HeartbeatClient, NotOpen, State
from reference_client.message import Unusable, decode
from reference_client.settings import Settings
from reference_client.terminal import LONGEST, Input, Output


async def live(url: str) -> None:
    """Be a client with the settings of the environment until the call is cancelled.

    Then the connection is closed in order. It connects again for as long as it is not.
    """
    settings = Settings.from_environment(os.environ)
    async with HeartbeatClient(url, settings) as client:
        async for _ in client:
            pass
        await asyncio.Event().wait()


def run(url: str, settings: Settings, tls: ssl.SSLContext) -> None:
    """Run a client until SIGTERM or SIGINT, which close its connection in order (C-CLOSE-ON-EXIT).

    It prints a line for every change of state and every message, and sends each line of standard
    input that is JSON, once it is connected. Raises ``ValueError`` for a bad URL.
    """
    asyncio.run(_run(url, settings, tls))


async def _run(url: str, settings: Settings, tls: ssl.SSLContext) -> None:
    loop, end = asyncio.get_running_loop(), asyncio.Event()

    def nobody_reads() -> None:
        with suppress(RuntimeError):  # the event loop has ended, and so has the client
            loop.call_soon_threadsafe(end.set)

    output = Output(on_gone=nobody_reads)
    client = HeartbeatClient(url, settings, tls=tls, on_change=lambda it: output.say(_told(it)))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)  # a second one changes nothing: the end is near
    try:
        async with client, asyncio.TaskGroup() as tasks:
            ending = tasks.create_task(end.wait())
            showing = tasks.create_task(_show(client, output))
            sending = tasks.create_task(_send(client, output))
            await asyncio.wait((ending, showing), return_when=asyncio.FIRST_COMPLETED)
            for task in (ending, showing, sending):
                task.cancel()
    finally:
        output.finish()


async def _show(client: HeartbeatClient, output: Output) -> None:
    async for message in client:
        try:
            output.say(f"message {json.dumps(message)}")
        except RecursionError:  # just shallow enough to be read
            output.say("message too deep to be shown")


async def _send(client: HeartbeatClient, output: Output) -> None:
    lines = Input()
    while True:
        line = await lines.line()
        if not line.strip():
            continue
        try:
            value = decode(line)
            await client.opened()
            await client.send(value)
        except (Unusable, NotOpen, ValueError) as error:
            output.say(f"not sent: {error}")


def _told(change: Change) -> str:
    if change.state is State.WAITING:
        return f"{change.state} {change.delay:.1f} s: {change.why[:LONGEST]}"
    return str(change.state)
