"""``python -m tests.mutants.clients NAME URL --timing fast``: run a mutant against a server."""

import argparse
import asyncio
import os
import signal
import sys

from spec import Timing, load_timing
from tests.mutants.clients.client import Client
from tests.mutants.clients.mutant import ClientMutant, find, mutants


def main() -> int:
    """Run what the command line asks for; return the exit code, 2 for a name that there is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.clients")
    parser.add_argument("name", nargs="?", default="compliant")
    parser.add_argument("url", nargs="?", default=os.environ.get("WSBEAT_URL"))
    parser.add_argument("--timing", default="fast")
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
    if given.url is None:
        print("no URL: give one, or set WSBEAT_URL", file=sys.stderr)
        return 2
    asyncio.run(run(mutant, load_timing(given.timing), given.url))
    return 0


async def run(mutant: ClientMutant, timing: Timing, url: str) -> None:
    """Be a client until SIGTERM or SIGINT, or until it stops by itself."""
    behaviour = mutant.behaviour
    client, loop = Client(url, behaviour, timing), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if behaviour.dies:
            signal.signal(number, signal.SIG_DFL)
        else:
            loop.add_signal_handler(number, client.ask)
    await client.run()


if __name__ == "__main__":
    sys.exit(main())
