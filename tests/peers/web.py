"""A web server for the pages of tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class Quiet(SimpleHTTPRequestHandler):
    """A web server that keeps to itself what it was asked for."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """The URL of a server for the files of a folder, for as long as the block lasts."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
