"""``python -m tests.peers.raw_command --fault 'prints pretty'``: the server on bare TCP streams."""

from __future__ import annotations

import argparse
import asyncio

from spec import load_timing
from tests.peers.raw_server import FAULTS, serving


async def run(timing: str, fault: str) -> None:
    """Serve until the process is ended."""
    async with serving(load_timing(timing), fault) as url:
        print(f"raw server listening on {url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Run the server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.raw_command")
    parser.add_argument("--timing", default="fast")
    parser.add_argument("--fault", choices=FAULTS, default="")
    given = parser.parse_args()
    asyncio.run(run(given.timing, given.fault))


if __name__ == "__main__":
    main()
