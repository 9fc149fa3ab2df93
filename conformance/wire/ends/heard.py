"""What the other end of a connection has said so far: what scenarios wait for."""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from conformance.messages.from_server import is_pong, server_ping
from conformance.messages.json_text import holds
from conformance.wire.recorder import Heading
from spec.dialect.model import Holes

SHOWN = 48
"""How many bytes are shown of what was no frame."""


class Heard:
    """Counts the messages of the other end, and puts those together that come in several frames."""

    def __init__(self, heading: Heading) -> None:
        self.messages = 0
        """How many data messages came so far, pings under Plan B left out."""
        self.pings = 0
        """How many pings came from the server so far, where it may ping."""
        self.pongs = 0
        """How many pongs came from the server so far."""
        self.asked: Holes = {}
        """What stood in the holes of the latest ping."""
        self.control_pongs = 0
        """How many control Pongs came so far."""
        self.token: str | None = None
        """What is awaited in a text; None once it came, or while nothing is."""
        self.latest = b""
        """The bytes that were read last."""
        self._dialect = heading.dialect
        self._pings_count = heading.capabilities.server_ping or heading.dialect.server_pings
        self._fragments = bytearray()
        self._fragmented = Opcode.TEXT

    def breach(self, error: Exception) -> str:
        """In words, that what came is no WebSocket."""
        return f"broke RFC 6455: {error} ({self._latest_in_words})"

    def amid(self, error: Exception | None) -> str:
        """In words, what came last where the stream ended inside a frame, as an error says."""
        is_amid = isinstance(error, EOFError) and str(error).startswith("stream ends after")
        return f"inside a frame ({self._latest_in_words})" if is_amid else ""

    @property
    def _latest_in_words(self) -> str:
        more = "..." if len(self.latest) > SHOWN else ""
        return f"what came last: {repr(bytes(self.latest[:SHOWN]))[2:-1]}{more}"

    def whole(self, frame: Frame) -> tuple[Opcode, bytes] | None:
        """The message that a data frame completes; None while more of its frames are to come."""
        if frame.opcode is not Opcode.CONT:
            if frame.fin:
                return frame.opcode, bytes(frame.data)
            self._fragments, self._fragmented = bytearray(frame.data), frame.opcode
            return None
        self._fragments += frame.data
        if not frame.fin:
            return None
        data, self._fragments = bytes(self._fragments), bytearray()
        return self._fragmented, data

    def count(self, message: str | bytes) -> None:
        """Count a message, and see whether it is what is awaited."""
        if isinstance(message, bytes):
            self.messages += self._dialect.is_protocol
            return
        if self.token is not None and holds(message, self.token):
            self.token = None
        ping = server_ping(message, self._dialect) if self._pings_count else None
        if ping is not None:
            self.pings += 1
            self.asked = ping.holes
        else:
            pongs = is_pong(message, self._dialect)
            self.pongs += pongs
            # What else a server says is part of no other dialect.
            self.messages += pongs if not self._dialect.is_protocol else 1
