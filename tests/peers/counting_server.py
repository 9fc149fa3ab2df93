"""The server that mutants derive from, which says on stderr how many connections are open."""

from __future__ import annotations

import asyncio
import sys

import spec
from tests.mutants.connection import Connection
from tests.mutants.mutant import find
from tests.mutants.serving import serving


async def main() -> None:
    """Serve at `fast` timing until the process is ended."""
    open_now = 0
    serve = Connection.serve

    async def counted(connection: Connection) -> None:
        nonlocal open_now
        open_now += 1
        print("open", open_now, file=sys.stderr, flush=True)
        try:
            await serve(connection)
        finally:
            open_now -= 1

    Connection.serve = counted  # type: ignore[assignment, method-assign]
    async with serving(find("compliant"), spec.load_timing("fast")) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
