"""An endpoint: one end of a WebSocket connection, which wsbeat plays and records everything on.

Framing and the handshake are `websockets`' sans-I/O layer; what is here is when bytes go out and
come in, and that every frame is stamped as close to the socket as it can be.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, PayloadTooBig
from websockets.frames import CloseCode, Frame
from websockets.frames import Opcode as WireOpcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from conformance.messages.from_server import is_pong, server_ping
from conformance.messages.json_text import holds
from conformance.trace.event import (
    MORE_THAN_IS_READ,
    TOO_LARGE,
    Close,
    Ended,
    Event,
    Opcode,
    Refusal,
)
from conformance.wire.clock import Clock
from conformance.wire.handshake import HandshakeRefused, _no_answer, first_line, unanswered
from conformance.wire.quota import FRAGMENT, quota_of
from conformance.wire.recorder import Recorder

READ_SIZE = 256 * 1024
"""How much asyncio reads at once: a full read may leave more behind in the socket."""


SLICE = 16 * 1024
"""How much of that is looked at before the next: thousands of frames can be in it, but not more."""


TOO_MUCH = "wsbeat leaves: the {} sends far more than its answers can need"
"""What is noted where the other end, which the braces name, floods a connection."""


class Endpoint(asyncio.Protocol):
    """One end of one connection: records what comes in and what goes out.

    It asks for the connection with a `request`; without one, it is the server's end.
    """

    OTHER = "server"
    """Who is at the other end."""

    def __init__(
        self,
        protocol: ClientProtocol | ServerProtocol,
        request: Request | None,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self.recorder = recorder
        self.number = recorder.new_connection()
        self.over = False
        """Whether the other end, or the network, ended the connection."""
        self.heard = 0
        """How many data messages the other end sent so far, pings under Plan B left out."""
        self.pinged = 0
        """How many pings the server sent so far, under Plan B."""
        self.ponged = 0
        """How many pongs the server sent so far."""
        self.pongs = 0
        """How many control Pongs the other end sent so far."""
        self.answers_close = True
        """Whether a Close gets its answer, as RFC 6455 (section 5.5.1) demands."""
        self.answers_pings = True
        """Whether a control Ping gets its Pong."""
        self._protocol: ClientProtocol | ServerProtocol = protocol
        self._request = request
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._lost = False
        self._opened = False
        self._full_read_since: float | None = None
        self._last_read = (0.0, 0.0)
        self._fragments = bytearray()
        self._fragmented = WireOpcode.TEXT
        self._quota = quota_of(recorder.heading)
        self._token: str | None = None
        self._condition: Callable[[], bool] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._refusal: Refusal | None = None
        self._beginning: list[tuple[Event, float]] = []

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent: open, and neither side has sent a Close."""
        return not self.over and not self._lost and self._protocol.state is OPEN

    async def opened(self, by: float) -> None:
        """Wait for the handshake; raises HandshakeRefused when it fails or lasts beyond `by`."""
        await self._until(lambda: self._opened or self._refusal is not None, by)
        if self._opened:
            return
        if self._refusal is None:
            self._refuse(Refusal(None, "the handshake was not answered in time"))
        assert self._refusal is not None
        self.abort()
        raise HandshakeRefused(self._refusal)

    def abort(self) -> None:
        """Drop the TCP connection at once."""
        if self._transport is not None and not self._lost:
            self._lost = True
            now = self._clock.now()
            self.recorder.record(self.number, now, now, "ended", content=Ended("local"))
            self._transport.abort()

    # What asyncio does with an endpoint.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._socket = transport.get_extra_info("socket")
        self._transport.set_write_buffer_limits(0)
        if self._request is None:
            return
        earliest = self._clock.now()
        assert isinstance(self._protocol, ClientProtocol)
        self._protocol.send_request(self._request)
        self._write()
        offered = ", ".join(self._protocol.available_subprotocols or ()) or None
        latest = self._clock.now()
        self._begin(self.recorder.record(self.number, earliest, latest, "opening", content=offered))

    def data_received(self, data: bytes) -> None:
        latest = self._clock.now()
        _acknowledge(self._socket)
        earliest = self._full_read_since or self._clock.last_look()
        self._full_read_since = earliest if len(data) >= READ_SIZE else None
        self._last_read = (earliest, latest)
        for start in range(0, len(data), SLICE):
            self._protocol.max_message_size = self._quota.largest
            self._protocol.receive_data(data[start : start + SLICE])
            self._take_in(earliest, latest)
            if self._lost:
                break
        self._write()
        self._wake()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._take_in(self._clock.last_look(), self._clock.now())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            how = Ended("eof") if exc is None else Ended("reset", type(exc).__name__)
            earliest, latest = self._clock.look_before(), self._clock.now()
            if self._last_read[1] >= earliest:
                earliest = min(earliest, self._last_read[0])
            if not self._opened and self._refusal is None:
                self._refuse(Refusal(None, unanswered(how)))
            self.recorder.record(self.number, earliest, latest, "ended", content=how)
        self.over = True
        self._wake()

    def resume_writing(self) -> None:
        self._wake()

    # What comes in.

    def _take_in(self, earliest: float, latest: float) -> None:
        for event in self._protocol.events_received():
            if self._lost:
                return
            if isinstance(event, Frame):
                self._received(event, earliest, latest)
            else:
                self._answered(event, earliest, latest)
        self._check_health(earliest, latest)

    def _answered(self, response: Request | Response, earliest: float, latest: float) -> None:
        assert isinstance(self._protocol, ClientProtocol)
        error = self._protocol.handshake_exc
        if error is None:
            self._opened = True
            self._begin(
                self.recorder.record(
                    self.number,
                    earliest,
                    latest,
                    "opened",
                    content=self._protocol.subprotocol,
                )
            )
        elif isinstance(error, InvalidStatus):
            assert isinstance(response, Response)
            self._refuse(Refusal(response.status_code, first_line(response)))
        else:
            self._refuse(Refusal(101, f"the 101 is no WebSocket handshake: {error}"))

    def _received(self, frame: Frame, earliest: float, latest: float) -> None:
        is_part = not frame.fin or frame.opcode is WireOpcode.CONT
        within = self._quota.spend(len(frame.data), *([FRAGMENT] if is_part else []))
        if not within and is_part and not self._quota.is_free:
            self._break(earliest, latest, "the fragments of a message do not end")
            return
        self._record_frame(frame, earliest, latest)
        if not within and not self.over:
            self._stop_listening(latest)

    def _record_frame(self, frame: Frame, earliest: float, latest: float) -> None:
        match frame.opcode:
            case WireOpcode.TEXT | WireOpcode.BINARY if frame.fin:
                self._message(frame.opcode, bytes(frame.data), earliest, latest)
            case WireOpcode.TEXT | WireOpcode.BINARY:
                self._fragments, self._fragmented = bytearray(frame.data), frame.opcode
            case WireOpcode.CONT:
                self._fragments += frame.data
                if frame.fin:
                    data, self._fragments = bytes(self._fragments), bytearray()
                    self._message(self._fragmented, data, earliest, latest)
            case WireOpcode.PING:
                self._record(earliest, latest, "ping", bytes(frame.data))
                if self.answers_pings:
                    self._sent(latest, "pong", bytes(frame.data))
            case WireOpcode.PONG:
                self.pongs += 1
                self._record(earliest, latest, "pong", bytes(frame.data))
            case WireOpcode.CLOSE:
                close = self._protocol.close_rcvd
                assert close is not None
                code = None if close.code == CloseCode.NO_STATUS_RCVD else int(close.code)
                self._record(earliest, latest, "close", Close(code, close.reason))
                if self._protocol.close_rcvd_then_sent:
                    self._answer_close(latest, Close(code, close.reason))
                self.over = True

    def _answer_close(self, latest: float, close: Close) -> None:
        """Answer a Close, which the protocol has done already, or take its answer back."""
        if self.answers_close:
            self._sent(latest, "close", close)
            return
        *before, _ = self._protocol.data_to_send()
        if self._transport is not None:
            self._transport.write(b"".join(before))

    def _message(self, opcode: WireOpcode, data: bytes, earliest: float, latest: float) -> None:
        if opcode is WireOpcode.BINARY:
            self._record(earliest, latest, "binary", data)
            self.heard += 1
            return
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            self._break(earliest, latest, f"a text message is not UTF-8: {error}")
            return
        self._record(earliest, latest, "text", text)
        if self._token is not None and holds(text, self._token):
            self._token = None
        if self.recorder.heading.capabilities.server_ping and server_ping(text) is not None:
            self.pinged += 1
        else:
            self.heard += 1
            self.ponged += is_pong(text)

    def _record(
        self, earliest: float, latest: float, opcode: Opcode, content: str | bytes | Close
    ) -> None:
        self.recorder.record(self.number, earliest, latest, "received", opcode, content)

    def _sent(self, earliest: float, opcode: Opcode, content: bytes | Close) -> None:
        now = self._clock.now()
        self.recorder.record(self.number, earliest, now, "sent", opcode, content)

    def _check_health(self, earliest: float, latest: float) -> None:
        error = self._protocol.parser_exc
        if isinstance(error, PayloadTooBig) and not self.over:
            if self._quota.is_free:
                self._stop_listening(latest)
            else:
                self._break(earliest, latest, f"{TOO_LARGE} {self._quota.largest} bytes")
        elif error is not None and not isinstance(error, EOFError) and not self.over:
            self._break(earliest, latest, f"the {self.OTHER} broke RFC 6455: {error}")
        if self._protocol.handshake_exc is not None and self._refusal is None:
            self._refuse(Refusal(None, self._no_answer(self._protocol.handshake_exc)))

    def _no_answer(self, error: Exception) -> str:
        """What went wrong with a handshake that was no HTTP, or none of WebSocket."""
        return _no_answer(error)

    def _break(self, earliest: float, latest: float, detail: str) -> None:
        self.recorder.record(self.number, earliest, latest, "broken", content=detail)
        self.over = True
        self.abort()

    def _stop_listening(self, latest: float) -> None:
        """Give up a connection on which far more comes than anything could have asked for."""
        why = MORE_THAN_IS_READ if self._quota.is_free else TOO_MUCH
        self.recorder.record(self.number, latest, latest, "note", content=why.format(self.OTHER))
        self.over = True
        self.abort()

    def _begin(self, event: Event) -> None:
        self._beginning.append((event, self.recorder.origin))

    def _refuse(self, refusal: Refusal) -> None:
        now = self._clock.now()
        event = self.recorder.record(self.number, now, now, "refused", content=refusal)
        assert isinstance(event.content, Refusal)
        self._refusal = event.content

    # What goes out, and waiting.

    def _write(self) -> None:
        assert self._transport is not None
        data = self._protocol.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(b"".join(data))

    def _backlog(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    async def _until(self, condition: Callable[[], bool], by: float | None) -> None:
        """Wait until a condition holds, the connection is lost, or the clock shows `by`."""
        if condition() or self._lost:
            return
        loop = asyncio.get_running_loop()
        self._waiting, self._condition = loop.create_future(), condition
        delay = None if by is None else max(0.0, by - self._clock.now())
        try:
            async with asyncio.timeout(delay):
                await self._waiting
        except TimeoutError:
            pass
        finally:
            self._waiting = self._condition = None

    def _wake(self) -> None:
        waiting, condition = self._waiting, self._condition
        if waiting is None or condition is None or waiting.done():
            return
        if self._lost or condition():
            waiting.set_result(None)


def _acknowledge(sock: socket.socket | None) -> None:
    """Acknowledge what was read at once, where the system can be told to.

    Many servers leave Nagle's algorithm on: each series of replies would take 40 ms more.
    """
    if sock is not None and sys.platform == "linux" and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
