"""The desk: where plain HTTP is answered, at once or when whoever asked has waited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.wire.client.plain_http import Answer, PlainRequest

ASKED_BEFORE = "OPTIONS"
"""What a browser asks on its own account, before it asks for what a page wants (CORS)."""


@dataclass(slots=True)
class Desk:
    """Answers a client's requests by plain HTTP. While it `is_shut`, who asks is kept waiting.

    `planned` says of each of the very next requests whether it is kept waiting, before that holds.
    """

    answer: Answer
    is_shut: bool = False
    planned: list[bool] = field(default_factory=list)
    _waiting: list[Callable[[], None]] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def serve(self, request: PlainRequest, late: Callable[[], None]) -> bool:
        """Whether a request is to be answered at once; else `late` is called when it is."""
        if request.method == ASKED_BEFORE:
            return True
        waits = self.planned.pop(0) if self.planned else self.is_shut
        if waits:
            self._waiting.append(late)
            self._came.set()
        return not waits

    async def somebody_waits(self) -> None:
        """Wait until a request is kept waiting."""
        await self._came.wait()

    def serve_all(self) -> None:
        """Answer all that have waited."""
        waiting, self._waiting = self._waiting, []
        self._came.clear()
        for late in waiting:
            late()
