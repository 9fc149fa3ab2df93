"""How a client reads what comes first on a connection: the answer to its handshake."""

from __future__ import annotations

from collections.abc import Callable

from websockets.asyncio.client import ClientConnection


def taking_in(
    connection: type[ClientConnection], makes_of: Callable[[bytes], bytes | None]
) -> type[ClientConnection]:
    """A connection that makes something of the bytes that come first, and drops TCP for None."""

    class Particular(connection):  # type: ignore[misc, valid-type]
        has_read = False

        def data_received(self, data: bytes) -> None:
            if not self.has_read:
                self.has_read = True
                taken = makes_of(data)
                if taken is None:
                    self.transport.abort()
                    return
                data = taken
            super().data_received(data)

    return Particular
