"""``python -m reference_server``: run the reference server and say where."""

import argparse
import os
import sys

from reference_server.serving import CannotListen, announcement, serve
from reference_server.settings import Settings, SettingsError


def main() -> int:
    """Run the server until it is told to end; return the exit code: 0, or 2 for bad usage."""
    parser = argparse.ArgumentParser(
        prog="python -m reference_server", description="The wsbeat reference server."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="0 = any free one (%(default)s)")
    parser.add_argument("--timing", metavar="production|fast|FILE", help="instead of WSBEAT_TIMING")
    parser.add_argument("--server-ping", action="store_true", help="Plan B: the server pings")
    parser.add_argument("--inbound-liveness", action="store_true", help="any message is a beat")
    given = parser.parse_args()
    environ = dict(os.environ)
    if given.timing:
        environ["WSBEAT_TIMING"] = given.timing
    if given.server_ping:
        environ["WSBEAT_SERVER_PING"] = "1"
    if given.inbound_liveness:
        environ["WSBEAT_INBOUND_LIVENESS"] = "1"
    try:
        settings = Settings.from_environment(environ)
        serve(given.host, given.port, settings, lambda url: _say(announcement(url, settings)))
    except (SettingsError, CannotListen) as error:
        sys.stderr.write(f"wsbeat reference server: {error}\n")
        return 2
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # whoever started this process may be waiting for the line


if __name__ == "__main__":
    sys.exit(main())
