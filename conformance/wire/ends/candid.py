"""The protocol of a client that takes what a server sends as it comes, and leaves it to rules."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.headers import parse_subprotocol
from websockets.typing import Subprotocol

DATA = {Opcode.TEXT: "a text message", Opcode.BINARY: "a binary message"}


class CandidProtocol(ClientProtocol):
    """Takes any subprotocol (S-ACCEPT), and looks at what follows a server's Close (S-CONTROL)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.beyond: str | None = None
        """What the server sent after its Close, in words; control Pings and Pongs it may send."""
        self.answers_pings = True
        """Whether a control Ping gets its Pong, as RFC 6455 (section 5.5.2) demands."""

    def process_subprotocol(self, headers: object) -> Subprotocol | None:
        """Take whatever subprotocol the server selects."""
        values = headers.get_all("Sec-WebSocket-Protocol")  # type: ignore[attr-defined]
        if not values:
            return None
        try:
            return parse_subprotocol(values[0])[0]
        except ValueError:
            return Subprotocol(values[0])

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame in; a control Ping is answered unless it is to be left unanswered."""
        if frame.opcode is Opcode.PING and not self.answers_pings:
            self.events.append(frame)
        else:
            super().recv_frame(frame)

    def discard(self) -> Generator[None]:
        """Look at the frames behind a Close, which websockets throws away, up to one too many."""
        if self.close_rcvd is not None:
            try:
                while self.beyond is None and not (yield from self.reader.at_eof()):
                    self.beyond = _named((yield from self._next_frame()))
            except (EOFError, ProtocolError, PayloadTooBig):
                pass  # What is no frame is not looked at further.
        yield from super().discard()

    def _next_frame(self) -> Generator[None, None, Frame]:
        return (
            yield from Frame.parse(
                self.reader.read_exact,
                mask=False,
                max_size=self.max_message_size,
                extensions=self.extensions,
            )
        )


def _named(frame: Frame) -> str | None:
    if frame.opcode is Opcode.CLOSE:
        return "another Close"
    return DATA.get(frame.opcode, "a fragment" if frame.opcode is Opcode.CONT else None)
