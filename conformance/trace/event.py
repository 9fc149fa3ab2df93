"""An event of a trace: what happened at the end of the wire that wsbeat held, and when."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from conformance.trace.run_length import runs, text_of

Kind: TypeAlias = Literal[
    "opening",
    "opened",
    "said_first",
    "heard_first",
    "ready",
    "refused",
    "sent",
    "received",
    "ended",
    "broken",
    "paused",
    "resumed",
    "late",
    "silent",
    "note",
    "started",
    "asked",
    "exited",
    "jumped",
    "requested",
    "closed_door",
    "opened_door",
    "certificate",
]
"""What happened. The last four are told of clients only, `jumped` of servers only.

`said_first` and `heard_first` are messages of a prelude, and `ready` is its end.
"""

Opcode: TypeAlias = Literal["text", "binary", "fragment", "ping", "pong", "close"]
"""What a frame carried; a *fragment* is what was sent of a message before its last frame."""

How: TypeAlias = Literal["eof", "reset", "local"]

Certificate: TypeAlias = Literal["valid", "expired", "self-signed", "wrong host"]
"""What wsbeat presents to a client that connects over TLS."""


CUT = "reset"
"""How the end of a connection is told that wsbeat itself reset (S-SURVIVE)."""

OVERLOADED = (429, 503)
"""The HTTP statuses with which a server may refuse a handshake because it is full (S-ACCEPT)."""

WHOLE_TRACE = 0
"""The connection number of events that belong to no one connection, such as `late`.

A `silent` of this number says: up to here nobody else connected, and the harness was watching.
"""


NO_TCP = "no TCP connection came about in time"
NO_ANSWER = "the handshake was not answered in time"
NO_PRELUDE = "the prelude of the dialect did not come about:"
CUT_OFF = "the connection was "
"""How it is told that a handshake got no answer at all: for the first two, or ended before it."""

NO_SOCKET = "wsbeat itself got no socket or no port for it: "
"""How the detail of a refusal begins of which the server never heard."""

NOBODY_LISTENS = "Connection refused"
"""How the system tells that nobody listens: no busy machine makes it say so of who does."""

TOO_LARGE = "a message that is larger than any answer could be, and than wsbeat reads: more than"
"""How the detail of `broken` begins where it is no breach of RFC 6455 that keeps wsbeat from it."""


GRAIN = 0.002
"""By so much (seconds) a timer that keeps a lower bound may seem to fire before it: those of
browsers and of Node count whole milliseconds (section 2.3)."""


RESOLUTION = 0.02
"""How wide an interval may be (seconds) and still count as one moment when it straddles a bound.

The harness looks at its sockets every few milliseconds, so a server that acts exactly at a limit
is always seen across it. Such a server is compliant. A wider interval means that the harness was
late, and then nothing can be said.
"""


@dataclass(frozen=True, slots=True)
class Close:
    """What a Close frame carried; `code` is None for an empty one (RFC 6455, section 5.5.1)."""

    code: int | None
    reason: str = ""

    def __str__(self) -> str:
        if self.code is None:
            return "Close without a code"
        return f"Close {self.code} {json.dumps(self.reason, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no connection came about; `status` is the HTTP status where there was one."""

    status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How the TCP connection ended: by the peer's FIN or reset, or by the harness."""

    how: How
    detail: str = ""

    def __str__(self) -> str:
        return {
            "eof": "end of the TCP connection without a Close frame",
            "reset": "TCP reset without a Close frame",
            "local": "end by the harness",
        }[self.how]


Content: TypeAlias = str | bytes | float | Close | Refusal | Ended | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at a moment between `earliest` and `latest`.

    Times are seconds since the trace's start, on the monotonic clock. What was sent left between
    the two; what was received was certainly not there at `earliest` and was read at `latest`.
    """

    n: int
    connection: int
    earliest: float
    latest: float
    kind: Kind
    opcode: Opcode | None = None
    content: Content = None
    frames: tuple[int, ...] = ()
    """Of a *fragment* that left in several frames: how many bytes were in each."""
    cuts: tuple[int, ...] = ()
    """Of a *text* whose frame left in several TCP segments: behind how many bytes it was cut."""
    manner: str = ""
    """Of an *opening* that asked for the connection in a manner of its own: in which.

    Of a client's connection it is the *opened* that has it: in which it was accepted.
    """

    @property
    def said(self) -> str | bytes:
        """What a data message said; raises TypeError for an event that is none."""
        if not isinstance(self.content, str | bytes):
            raise TypeError(f"event {self.n} is no data message but {self.kind}")
        return self.content

    def to_json(self) -> dict[str, Any]:
        """The event as `trace-event.schema.json` has it."""
        line: dict[str, Any] = {
            "n": self.n,
            "connection": self.connection,
            "at": [round(self.earliest, 6), round(self.latest, 6)],
            "kind": self.kind,
        }
        if self.opcode is not None:
            line["opcode"] = self.opcode
        if self.opcode in ("binary", "fragment") and isinstance(self.content, bytes):
            sizes = {"frames": list(self.frames)} if self.frames else {}
            return line | {"base64": base64.b64encode(self.content).decode()} | sizes
        if self.cuts:
            line["cuts"] = list(self.cuts)
        if self.manner:
            line["manner"] = self.manner
        if self.opcode == "text" and (described := runs(self.said_text)) is not None:
            return line | {"runs": described}
        return line | _content_to_json(self.kind, self.content)

    @property
    def said_text(self) -> str:
        """What a text message said; empty for anything else."""
        return self.content if isinstance(self.content, str) else ""

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Event:
        """The event that a line of a trace file stands for; the line was validated before."""
        earliest, latest = line["at"]
        return cls(
            n=line["n"],
            connection=line["connection"],
            earliest=earliest,
            latest=latest,
            kind=line["kind"],
            opcode=line.get("opcode"),
            content=_content_from_json(line),
            frames=tuple(line.get("frames", ())),
            cuts=tuple(line.get("cuts", ())),
            manner=line.get("manner", ""),
        )


_NAMES: Mapping[Kind, str] = {
    "opening": "offered",
    "opened": "subprotocol",
    "broken": "detail",
}
"""What the text of an event is called in a trace file, where it is not `text`."""


def _content_to_json(kind: Kind, content: Content) -> dict[str, Any]:
    match content:
        case Close(code, reason):
            return {"code": code, "reason": reason}
        case Refusal(status, detail):
            return {"status": status, "detail": detail}
        case Ended(how, detail):
            return {"how": how, "detail": detail}
        case bytes():
            try:
                return {"text": content.decode()}
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(content).decode()}
        case float():
            return {"by": round(content, 6)}
        case str():
            name = _NAMES.get(kind, "text")
            return {name: content}
    return {"subprotocol": None} if kind == "opened" else {}


def _content_from_json(line: Mapping[str, Any]) -> Content:
    read = _READERS.get(line["kind"])
    return None if read is None else read(line)


def _said(line: Mapping[str, Any]) -> Content:
    """What a frame held: a Close, a text, or bytes, which are written as text where they are."""
    if line["opcode"] == "close":
        return Close(line["code"], line["reason"])
    if "runs" in line:
        return text_of(line["runs"])
    if "base64" in line:
        return base64.b64decode(line["base64"])
    text: str = line["text"]
    return text if line["opcode"] == "text" else text.encode()


def _note(line: Mapping[str, Any]) -> str:
    return str(line["text"])


def _seconds(line: Mapping[str, Any]) -> float:
    return float(line["by"])


_READERS: Mapping[Kind, Callable[[Mapping[str, Any]], Content]] = {
    "opening": lambda line: line.get("offered"),
    "opened": lambda line: line["subprotocol"],
    "refused": lambda line: Refusal(line["status"], line["detail"]),
    "ended": lambda line: Ended(line["how"], line["detail"]),
    "broken": lambda line: str(line["detail"]),
    "late": _seconds,
    "jumped": _seconds,
    "note": _note,
    "requested": _note,
    "started": _note,
    "asked": _note,
    "exited": _note,
    "certificate": _note,
    **dict.fromkeys(("sent", "received", "said_first", "heard_first"), _said),
}
"""How the content of each kind of event is read; the other kinds have none."""
