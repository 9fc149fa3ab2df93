"""Plain HTTP at the port where a client is to ask for a WebSocket connection.

Clients ask for the health of a server, or for a ticket, before they connect; scanners ask for
whatever there may be. None of that is an attempt to connect: that begins with a request for an
upgrade. It gets a small answer all the same, so that whoever waits for one goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

LONGEST_HEAD = 64 * 1024
"""How many bytes the head of a request may have."""

LONGEST_PATH = 200
"""How much of a path is kept. What follows a question mark is not: it may be a secret."""

TEXT = (
    "This is wsbeat, the server of a client that is being checked. It answers every request by\n"
    "plain HTTP like this; what it is here for is a WebSocket connection.\n"
)

REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) ([^ \r\n]{1,8000}) HTTP/1\.[01]\r?\n")

BEGUN_REQUEST = re.compile(rb"[A-Z]{1,20}( [^\r\n]*)?(\r?\n.*)?\Z", re.DOTALL)
"""What may become an HTTP request once more of it has come."""

OF_A_PAGE = tuple(
    re.compile(rb"^" + name + rb":[ \t]*([!-~][ -~]{0,2000})\r?$", re.IGNORECASE | re.MULTILINE)
    for name in (b"origin", b"access-control-request-method", b"access-control-request-headers")
)
"""What a browser says of the page that asks, and asks beforehand (CORS)."""

UPGRADE = re.compile(rb"^upgrade:[^\r\n]*\bwebsocket\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A request for a WebSocket connection, well-formed or not."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A request for anything else; of the page from which it comes, what a browser tells."""

    method: str
    path: str
    origin: str = ""
    wants_method: str = ""
    wants_headers: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} by plain HTTP"


@dataclass(frozen=True, slots=True)
class NoRequest:
    """Bytes that are no request of HTTP/1.1."""

    begins: bytes

    def __str__(self) -> str:
        return f"bytes that are no HTTP/1.1 ({self.begins!r})"


def asked_for(data: bytes) -> Upgrade | PlainRequest | NoRequest | None:
    """What was asked for by all that came so far; None while that cannot be told yet."""
    head, ended, _ = data.partition(b"\r\n\r\n")
    if not ended:
        may_become_one = len(data) <= LONGEST_HEAD and BEGUN_REQUEST.match(data)
        return None if may_become_one else NoRequest(data[:16])
    line = REQUEST_LINE.match(head + b"\r\n")
    if line is None:
        return NoRequest(data[:16])
    if UPGRADE.search(head):
        return Upgrade()
    path = line[2].partition(b"?")[0].decode("latin-1")
    told = [found[1].decode() if (found := each.search(head)) else "" for each in OF_A_PAGE]
    return PlainRequest(line[1].decode(), path[:LONGEST_PATH], *told)


@dataclass(frozen=True, slots=True)
class Answer:
    """What whoever asks by plain HTTP gets."""

    body: bytes = TEXT.encode()
    media_type: str = "text/plain; charset=utf-8"

    @classmethod
    def from_file(cls, path: str) -> Answer:
        """The content of a file, such as a ticket; raises OSError."""
        guessed, _ = guess_type(path)
        return cls(Path(path).read_bytes(), guessed or "application/octet-stream")


def response(request: PlainRequest, answer: Answer) -> bytes:
    """The answer as it is sent: whatever the path, and for pages of any origin.

    To one that sends cookies along, a browser gives it only where all of that is named.
    """
    body = answer.body
    lines = (
        "HTTP/1.1 200 OK",
        f"Content-Type: {answer.media_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"Access-Control-Allow-Origin: {request.origin or '*'}",
        "Access-Control-Allow-Credentials: true",
        f"Access-Control-Allow-Methods: {request.wants_method or '*'}",
        f"Access-Control-Allow-Headers: {request.wants_headers or '*'}",
        "Connection: close",
    )
    head = "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"
    return head if request.method == "HEAD" else head + body
