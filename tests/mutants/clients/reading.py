"""How a client reads what comes first on a connection, and what it is told of its end."""

from __future__ import annotations

from collections.abc import Callable

from websockets.asyncio.client import ClientConnection


def taking_in(
    connection: type[ClientConnection], makes_of: Callable[[bytes], bytes | None]
) -> type[ClientConnection]:
    """A connection that makes something of the bytes that come first, and drops TCP for None."""

    class Particular(connection):  # type: ignore[misc, valid-type]
        has_read = False
        lost: Exception | None = None

        def data_received(self, data: bytes) -> None:
            if not self.has_read:
                self.has_read = True
                taken = makes_of(data)
                if taken is None:
                    self.transport.abort()
                    return
                data = taken
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            self.lost = exc
            super().connection_lost(exc)

    return Particular


def was_reset(socket: ClientConnection) -> bool:
    """Whether a connection that has ended ended with a reset."""
    return getattr(socket, "lost", None) is not None
