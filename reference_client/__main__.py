"""``python -m reference_client``: run the reference client and say what happens to it."""

import argparse
import os
import sys

from reference_client.connection import trust
from reference_client.program import run
from reference_client.settings import Settings


def main() -> int:
    """Run the client until it is told to end; return the exit code: 0, or 2 for bad usage."""
    parser = argparse.ArgumentParser(
        prog="python -m reference_client", description="The wsbeat reference client."
    )
    parser.add_argument("url", nargs="?", help="a ws:// or wss:// address; else WSBEAT_URL")
    parser.add_argument("--timing", metavar="production|fast|FILE", help="instead of WSBEAT_TIMING")
    parser.add_argument("--cafile", metavar="FILE", help="certificates to trust besides")
    given = parser.parse_args()
    environ = dict(os.environ)
    if given.timing:
        environ["WSBEAT_TIMING"] = given.timing
    url = given.url or environ.get("WSBEAT_URL")
    if not url:
        parser.error("expected a URL, as an argument or in WSBEAT_URL")
    try:
        run(url, Settings.from_environment(environ), trust(given.cafile))
    except ValueError as error:
        sys.stderr.write(f"wsbeat reference client: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
