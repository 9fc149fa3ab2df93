"""Running the application in uvicorn, with the options that the contract asks for."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from reference_server.application import PATH, create_app
from reference_server.connection import MAX_MESSAGE, connection
from reference_server.settings import Settings


class CannotListen(Exception):
    """The address is in use, unknown or not permitted; the text says which and what to do."""


def serve(
    host: str, port: int, settings: Settings, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, which close the open connections with 1012 (S-GOING-AWAY).

    ``port`` 0 takes any free one. ``on_ready`` gets the URL once connections are accepted.
    Raises ``CannotListen`` before anything is started.
    """
    with listen(host, port) as listener:
        create_server(create_app(settings), settings.drop_after, on_ready).run(sockets=[listener])


def announcement(url: str, settings: Settings) -> str:
    """Return the line that says that connections are accepted, and where, and where the page is."""
    page = url.replace("ws://", "http://", 1).removesuffix(PATH)
    return f"wsbeat reference server listening on {url} (timing {settings.timing}); page {page}/"


def create_server(
    app: FastAPI, drop_after: float, on_ready: Callable[[str], None] | None = None
) -> uvicorn.Server:
    """Return a uvicorn server for ``app``, ready to be given its listening sockets.

    ``drop_after`` is how many seconds a peer has to answer a Close.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        loop="asyncio",
        ws=connection(drop_after),
        ws_max_size=MAX_MESSAGE,
        # uvicorn's own pings would end a frozen peer with 1011 before its heartbeat times out.
        ws_ping_interval=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    return _Server(config, on_ready or (lambda _: None))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the first address of ``host``, or raise ``CannotListen``."""
    try:
        if not 0 <= port < 2**16:  # getaddrinfo would take it modulo 65536
            raise OverflowError("the port is not within 0 to 65535")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listener = socket.create_server(address, family=family, backlog=2048)
        # asyncio does it only for sockets made with IPPROTO_TCP; accepted ones inherit it. Without
        # it the second of two replies waits 40 ms for the acknowledgement of the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotListen(
            f"cannot listen on {host} port {port} ({reason}); "
            "expected an address of this machine and a port that is free, or 0 for any."
        ) from error


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            self._on_ready(_url(listener))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again when all is closed; an orderly end should look like one.
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self.should_exit = True  # a second signal changes nothing: the end is near already


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"ws://[{host}]:{port}{PATH}" if ":" in host else f"ws://{host}:{port}{PATH}"
