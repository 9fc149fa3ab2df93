"""When each connection last gave a sign of life."""

from collections import OrderedDict
from collections.abc import Iterator
from time import monotonic
from typing import Generic, TypeVar

Connection = TypeVar("Connection")


class Heartbeats(Generic[Connection]):
    """The clock of every open connection, the longest silent first.

    A sign of life costs O(1) and a check O(expired), however many connections are open, because
    every restart moves its connection to the end. The clock is the monotonic one (S-MONOTONIC).
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._since: OrderedDict[Connection, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._since

    def restart(self, connection: Connection) -> None:
        """Start the clock of a connection, or start it again (S-CLOCK-START, S-REFRESH)."""
        self._since[connection] = monotonic()
        self._since.move_to_end(connection)

    def forget(self, connection: Connection) -> None:
        """Stop the clock of a connection, which may have been taken as expired before."""
        self._since.pop(connection, None)

    def take_expired(self, now: float) -> Iterator[Connection]:
        """Remove and yield those that were silent for more than the timeout at ``now``."""
        while self._since:
            connection, since = next(iter(self._since.items()))
            if now - since <= self._timeout:  # S-TIMEOUT-EARLIEST: more than, never just
                return
            del self._since[connection]
            yield connection
