"""Addresses: where a URL leads, over TCP or through a Unix socket."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.uri import WebSocketURI, parse_uri

UNIX = "ws+unix"


@dataclass(frozen=True, slots=True)
class Address:
    """What to ask of whom; `socket` is the path of a Unix socket, or None for TCP."""

    uri: WebSocketURI
    socket: str | None = None


def address(url: str) -> Address:
    """Where a `ws:`, `wss:` or `ws+unix:` URL leads.

    `ws+unix:/run/app.sock:/ws?room=1` is the resource `/ws?room=1` of the server that listens at
    `/run/app.sock`, the form that the ws library of Node.js has. Raises ValueError or
    websockets.exceptions.InvalidURI.
    """
    parts = urlsplit(url)
    if parts.scheme != UNIX:
        return Address(parse_uri(url))
    path, colon, resource = parts.path.partition(":")
    if parts.netloc or not path.startswith("/") or (colon and not resource.startswith("/")):
        raise ValueError("expected ws+unix:/PATH/OF/THE/SOCKET:/RESOURCE")
    query = f"?{parts.query}" if parts.query else ""
    return Address(parse_uri(f"ws://localhost{resource or '/'}{query}"), path)
