"""Manners of accepting a WebSocket connection: all say the same (RFC 6455, section 4.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websockets.http11 import Response

COOKIES = tuple(
    ("Set-Cookie", f"seen-{number}={'0123456789abcdef' * 8}; Path=/; HttpOnly; SameSite=Lax")
    for number in range(10)
)
"""What a balancer or a session sets: a response of a kilobyte and more is nothing special."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a connection is accepted; `told` is what a trace and a page say of that.

    `name` spells the names of header fields, which are the same whatever their case (RFC 9110,
    section 5.1); so are the tokens `websocket` and `upgrade` (RFC 6455, section 4.1). White space
    behind a colon is free (RFC 9112, section 5.1), and the `phrase` says nothing (section 4).
    """

    told: str = ""
    name: Callable[[str], str] = str
    websocket: str = "websocket"
    upgrade: str = "Upgrade"
    space: str = " "
    phrase: str = "Switching Protocols"
    more: Sequence[tuple[str, str]] = ()
    """Fields besides, which stand before the others."""
    held_back: int = 0
    """How many of its last bytes leave in a TCP segment of their own."""
    takes_along: bool = False
    """Whether it leaves in one TCP segment with what is said first."""

    def says(self, response: Response) -> bytes:
        """A 101 in this manner."""
        own = {"Upgrade": self.websocket, "Connection": self.upgrade}
        fields = [*self.more, *response.headers.raw_items()]
        lines = [
            f"{self.name(name)}:{self.space}{own.get(name, value)}\r\n" for name, value in fields
        ]
        return f"HTTP/1.1 101 {self.phrase}\r\n{''.join(lines)}\r\n".encode()


PLAINLY = Manner()

BEHIND_A_PROXY = Manner(
    "as proxies do, with names and `upgrade` in lower case", str.lower, upgrade="upgrade"
)

SPELLED_OTHERWISE = Manner(
    "with names in upper case, `WebSocket`, and no white space behind colons",
    str.upper,
    websocket="WebSocket",
    space="",
)

WITH_COOKIES = Manner(
    "with a dozen fields more, and words of its own for the status",
    phrase="Web Socket Protocol Handshake",
    more=(("Server", "example/1.0"), ("Via", "1.1 balancer.example"), *COOKIES),
)

IN_TWO_SEGMENTS = Manner("in two TCP segments", held_back=3)

WITH_A_MESSAGE = Manner("in one TCP segment with what is said first", takes_along=True)

OTHER_MANNERS = (
    BEHIND_A_PROXY, SPELLED_OTHERWISE, WITH_COOKIES, IN_TWO_SEGMENTS, WITH_A_MESSAGE,
)  # fmt: skip

MANNERS = {each.told: each for each in (PLAINLY, *OTHER_MANNERS)}
"""By what a trace says of them."""
