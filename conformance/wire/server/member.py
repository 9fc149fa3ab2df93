"""A member of a crowd: an end of a connection that needs no task of its own.

Thousands of tasks that wait would weigh more than what they wait for. So whoever lives a member's
life is told when it is over, and speaks through it from timers: what it does never waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.wire.ends.peer import Peer


class Member(Peer):
    """One connection of a crowd; `on_end` is called once, when its TCP connection is over."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.on_end: Callable[[], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # websockets' parser refers to itself: thousands of them would wait for a garbage collector
        # that stops everything else meanwhile.
        self._protocol.parser.close()
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()

    def show_silence(self) -> None:
        """Note that up to now nothing else came, and that the connection was open."""
        if not self.over:
            look, now = self._clock.look_before(), self._clock.now()
            self.recorder.record(self.number, look, now, "silent")
