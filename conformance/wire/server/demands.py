"""Demands: what a server may want to see in a handshake before it opens a connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from conformance.messages.limits import UNKNOWN_SUBPROTOCOL
from conformance.targets.server import Target
from conformance.trace.event import CUT_OFF, OVERLOADED, Refusal

NOT_FOUND = (404, 405, 410)
"""The HTTP statuses that speak of the URL, whatever else the request holds."""


COMMON = (
    "json", "chat", "echo", "heartbeat", "v1", "binary", "echo-protocol", "chat-protocol",
    "graphql-transport-ws", "graphql-ws", "mqtt", "ocpp1.6", "ocpp2.0.1", "wamp.2.json", "soap",
    "v12.stomp", "actioncable-v1-json",
)  # fmt: skip
"""Subprotocols that servers often speak, beside those of their own making."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A handshake that a server may want: who it is that it takes, and the target with it.

    `advice` is what to tell the user where that is the server's good right; the braces stand for
    the subprotocol that it selected.
    """

    what: str
    target: Target
    advice: str = ""


def may_demand(refusal: Refusal) -> bool:
    """Whether a refusal may be for want of something in the request."""
    if refusal.status is None:
        return refusal.detail.startswith(CUT_OFF)
    return 400 <= refusal.status < 500 and refusal.status not in (*NOT_FOUND, *OVERLOADED)


def demands(target: Target) -> Iterator[Demand]:
    """What a server may demand that is not given it yet, one thing after the other."""
    if not target.subprotocols:
        offering = replace(target, demanded=(UNKNOWN_SUBPROTOCOL,))
        yield Demand("offers a subprotocol", offering)
    if target.origin is None:
        named = replace(target, origin=origin_of(target.address))
        yield Demand(f"says Origin: {named.origin}", named, f"add --origin {named.origin}")
    if not target.subprotocols:
        common = replace(target, demanded=COMMON)
        yield Demand("offers a subprotocol that is often spoken", common, "add --subprotocol {}")


def origin_of(url: str) -> str:
    """The origin of a page that comes from where a server is."""
    parts = urlsplit(url)
    scheme = "https" if parts.scheme == "wss" else "http"
    return f"{scheme}://{parts.netloc.rpartition('@')[2] or 'localhost'}"
