"""What a scenario can ask of the client under examination, or have done around it."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias, runtime_checkable

Asking: TypeAlias = Literal["SIGTERM", "SIGINT", "page closed"]
"""How a client is asked to end in order."""


BrowserState: TypeAlias = Literal["offline", "online", "hidden", "visible"]
"""What the browser around a page tells it of the network, or of its tab."""


class Actor(Protocol):
    """The client under examination, as far as it can be told anything."""

    @property
    def is_over(self) -> bool:
        """Whether its process or page has ended."""

    async def ask(self, firmly: bool) -> None:
        """Ask it to end in order; `firmly` with SIGINT, where there is a choice."""

    async def over(self) -> None:
        """Wait until its process or page has ended."""


@runtime_checkable
class InBrowser(Protocol):
    """A client with a browser around it."""

    async def become(self, state: BrowserState) -> None:
        """Have the browser tell it so."""
