"""A handshake that did not open a connection, and what is said of it."""

from __future__ import annotations

from websockets.http11 import Response

from conformance.trace.event import CUT_OFF, Ended, Refusal

REDIRECTIONS = (301, 302, 303, 307, 308)


class HandshakeRefused(Exception):
    """The server did not open a WebSocket connection; `refusal` says what it did instead."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def first_line(response: Response) -> str:
    line = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    elsewhere = response.headers.get("Location") if response.status_code in REDIRECTIONS else None
    return f"{line}, which redirects to {elsewhere}; wsbeat follows none" if elsewhere else line


def no_answer(error: Exception) -> str:
    """Why what came is no answer to a handshake, as far as websockets can tell."""
    why = str(error.__cause__ or error)
    return f"the server did not answer in HTTP/1.1: {why}"


def unanswered(how: Ended) -> str:
    manner = "reset" if how.how == "reset" else "closed"
    return f"{CUT_OFF}{manner} before the handshake was answered"
