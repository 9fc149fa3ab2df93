"""One connection, where websockets alone would leave the contract."""

import asyncio
import ssl
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidURI, WebSocketException
from websockets.protocol import State
from websockets.uri import parse_uri

from reference_client.settings import Settings

MAX_MESSAGE = 2**20  # bytes of a message; a longer one ends the connection with 1009

ATTEMPT_FAILED = (OSError, EOFError, WebSocketException)
"""What ``dial`` raises: nobody there, no certificate to trust, no 101, no answer in time."""


class Connection(ClientConnection):
    """A connection that is over as soon as either side has said so, or TCP has ended.

    websockets waits for the end of TCP, which a peer can put off for ever.
    """

    over: asyncio.Event

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.over = asyncio.Event()

    def send_data(self) -> None:
        """Send what is due, and look whether it was a Close, be it only the answer to one."""
        super().send_data()
        if self.state in (State.CLOSING, State.CLOSED):
            self.over.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, if nothing ended the connection before."""
        super().connection_lost(exc)
        self.over.set()


class _Dial(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        return exc  # following one would be an attempt without a delay (C-RECONNECT-FLOOR)


def checked(url: str) -> str:
    """Return the URL, or raise ``ValueError`` if it could never be connected to."""
    try:
        parse_uri(url).host.encode("idna")
    except (InvalidURI, ValueError) as error:
        reason = error.msg if isinstance(error, InvalidURI) else error
        raise ValueError(f"{url!r:.200} is no ws:// or wss:// address ({reason}).") from error
    return url


def is_secure(url: str) -> bool:
    """Tell whether TLS is asked for."""
    return parse_uri(url).secure


def trust(cafile: str | None = None) -> ssl.SSLContext:
    """Return the authorities of the system, and those of a file besides (C-TLS-VERIFY).

    Raises ``ValueError`` for a file that cannot be read or holds no certificates.
    """
    context = ssl.create_default_context()
    if cafile is not None:
        try:
            context.load_verify_locations(cafile)
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(f"{cafile}: no certificates in PEM to be read ({reason}).") from error
    return context


async def dial(url: str, tls: ssl.SSLContext | None, settings: Settings) -> Connection:
    """Make one attempt, or raise one of ``ATTEMPT_FAILED``; ``tls`` is for ``wss:`` alone.

    One that is not answered is given up after ``reconnect_cap`` (C-ANSWER-MISSING). It goes
    straight to the server: the proxies of the environment are not used.
    """
    connection = await _Dial(
        url,
        ssl=tls,
        proxy=None,
        open_timeout=settings.reconnect_cap,
        ping_interval=None,  # only this protocol's heartbeat counts
        close_timeout=None,  # that is for whoever parts with it to say
        max_size=MAX_MESSAGE,
        create_connection=Connection,
    )
    assert isinstance(connection, Connection)
    return connection


async def part(connection: Connection, code: int, reason: str, within: float) -> None:
    """Close a connection in order, or drop it after ``within`` seconds.

    The Close is handed to the transport in the first step of this coroutine. One that is over
    gets none.
    """
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await connection.close(code, reason)
    finally:
        connection.transport.abort()
