"""Manners of asking for a WebSocket connection: all say the same (RFC 6455, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from websockets.datastructures import Headers
from websockets.http11 import Request

from conformance.trace.note import OFFERING_COMPRESSION

COOKIES = "; ".join(f"seen-{number}={'0123456789abcdef' * 4}" for number in range(20))
"""Some of those that a site has left in a browser: a request of 2 KiB is nothing special."""


SEGMENT = 1448
"""How many bytes of a request one TCP segment takes on Ethernet; on one machine it takes all."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a handshake is asked for; `told` is what a trace and a page say of that.

    `fields` are header fields that are set, or set anew; `is_lower` spells all names in lower case,
    which are the same whatever their case (RFC 9110, section 5.1).
    """

    told: str = ""
    fields: Mapping[str, str] | None = None
    is_lower: bool = False
    compresses: bool = False
    """Whether permessage-deflate is offered (RFC 7692)."""
    cut: int = 0
    """Behind how many bytes the request goes on in another TCP segment, if behind any."""

    def asks(self, request: Request, own: Mapping[str, str]) -> Request:
        """The request in this manner, with a target's `own` header fields in place of others."""
        fields = request.headers
        for name, value in {**(self.fields or {}), **own}.items():
            if name in fields:
                del fields[name]
            fields[name] = value
        if not self.is_lower:
            return request
        return Request(request.path, Headers((name.lower(), f) for name, f in fields.raw_items()))


PLAINLY = Manner()

COMPRESSING = Manner(OFFERING_COMPRESSION, compresses=True)

AS_FIREFOX = Manner(
    'as Firefox does, with "Connection: keep-alive, Upgrade" and the cookies of a site',
    {
        "Accept": "*/*",
        "Accept-Language": "en-US,en;q=0.5",
        "Accept-Encoding": "gzip, deflate, br, zstd",
        "Connection": "keep-alive, Upgrade",
        "Cookie": COOKIES,
        "Sec-Fetch-Dest": "websocket",
        "Sec-Fetch-Mode": "websocket",
        "Sec-Fetch-Site": "same-origin",
        "Pragma": "no-cache",
        "Cache-Control": "no-cache",
    },
    cut=SEGMENT,
)
"""`Connection` is a list (RFC 9110, section 7.6.1), which Firefox alone makes use of."""

BEHIND_A_PROXY = Manner(
    "as proxies do, with names in lower case", {"Connection": "upgrade"}, is_lower=True
)
"""As nginx is told to in its manual, and what speaks HTTP/2 to browsers.

It claims no other address to come from, which a server may have its own opinion of.
"""

MANNERS = {each.told: each for each in (PLAINLY, COMPRESSING, AS_FIREFOX, BEHIND_A_PROXY)}
"""By what a trace says of them."""
