"""``python -m tests.mutants NAME --port 0 --timing fast``: run a mutant and say where."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Collection

from spec import Timing, load_timing
from tests.mutants import Mutant, find, mutants, serving

CAPABILITIES = ("server_ping", "inbound_liveness", "one_per_user")


def main() -> int:
    """Run what the command line asks for; return the exit code, 2 for a name that there is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("name", nargs="?", default="compliant")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timing", default="fast")
    for capability in CAPABILITIES:
        flag = "--" + capability.replace("_", "-")
        parser.add_argument(flag, dest="declared", action="append_const", const=capability)
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    if given.list:
        for mutant in mutants():
            print(f"{mutant.requirement:20} {mutant.name}")
        return 0
    try:
        mutant = find(given.name)
    except KeyError:
        print(f"no mutant is called {given.name!r}; --list lists those there are", file=sys.stderr)
        return 2
    asyncio.run(run(mutant, load_timing(given.timing), given.port, given.declared or ()))
    return 0


async def run(mutant: Mutant, timing: Timing, port: int, declared: Collection[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with serving(mutant, timing, port, declared) as url:
        print(f"{mutant.name} listening on {url} (timing {timing.name})", flush=True)
        await ended.wait()


if __name__ == "__main__":
    sys.exit(main())
