"""`python -m tests.crowds FAULT TIMING`: a server that breaks its promises to a crowd."""

from __future__ import annotations

import asyncio
import sys

from spec import load_timing
from tests.crowds.faults import FAULTS


async def main(fault: str, timing: str) -> None:
    """Serve until the standard input ends."""
    server = FAULTS[fault](load_timing(timing))
    async with server.listening() as port:
        print(f"ws://127.0.0.1:{port}/ws", flush=True)
        checking = asyncio.ensure_future(server.check_forever())
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        checking.cancel()


asyncio.run(main(*sys.argv[1:]))
