"""The messages of the protocol's own dialect, for tests that concern no other."""

from __future__ import annotations

from conformance.messages import from_client, from_server
from conformance.messages.json_text import Deep
from spec.dialect.shipped import protocol

PLAIN_PING = protocol().say_ping(1)
PLAIN_PONG = protocol().say_pong({})


def message(content: str | bytes) -> from_client.Message:
    """What the protocol makes of a message of a client."""
    return from_client.message(content, protocol())


def answer(content: str | bytes) -> from_server.Answer | Deep:
    """What the protocol makes of a message of a server."""
    return from_server.answer(content, protocol())


def server_ping(content: str | bytes) -> from_server.ServerPing | None:
    """A message of a server as a ping of Plan B."""
    return from_server.server_ping(content, protocol())


def is_pong(content: str) -> bool:
    """Whether a message of a server is a pong."""
    return from_server.is_pong(content, protocol())
