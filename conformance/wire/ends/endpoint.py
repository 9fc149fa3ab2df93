"""An endpoint: one end of a WebSocket connection, which wsbeat plays and records everything on.

Framing and the handshake are `websockets`' sans-I/O layer; what is here is when bytes go out and
come in, and that every frame is stamped as close to the socket as it can be.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, PayloadTooBig
from websockets.frames import CloseCode, Frame
from websockets.frames import Opcode as WireOpcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from conformance.trace.event import NO_ANSWER, TOO_LARGE, Close, Ended, Event, Kind, Opcode, Refusal
from conformance.trace.note import MORE_THAN_IS_READ
from conformance.wire.clock import Clock
from conformance.wire.ends.heard import Heard
from conformance.wire.ends.waiting import Waiting
from conformance.wire.handshake import HandshakeRefused, first_line, no_answer, unanswered
from conformance.wire.quota import FRAGMENT, TOO_MUCH, quota_of
from conformance.wire.recorder import Recorder
from conformance.wire.sockets import acknowledge_at_once

READ_SIZE = 256 * 1024
"""How much asyncio reads at once: a full read may leave more behind in the socket."""

SLICE = 16 * 1024
"""How much of that is looked at before the next: thousands of frames can be in it, but not more."""


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
        self.heard = Heard(recorder.heading)
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
        self._quota = quota_of(recorder.heading)
        self._waiting = Waiting()
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
            self._refuse(Refusal(None, NO_ANSWER))
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
        acknowledge_at_once(self._socket)
        earliest = self._full_read_since or self._last_look()
        self._full_read_since = earliest if len(data) >= READ_SIZE else None
        self._last_read, self.heard.latest = (earliest, latest), data
        for start in range(0, len(data), SLICE):
            self._protocol.max_message_size = self._quota.largest
            self._protocol.receive_data(data[start : start + SLICE])
            self._take_in(earliest, latest)
            if self._lost:
                break
        self._write()
        self._waiting.look()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._take_in(self._clock.last_look(), self._clock.now())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            amid = self.heard.amid(self._protocol.parser_exc)
            how = Ended("eof", amid) if exc is None else Ended("reset", type(exc).__name__)
            earliest, latest = self._seen_there(), self._clock.now()
            if not self._opened and self._refusal is None:
                self._refuse(Refusal(None, unanswered(how)))
            self.recorder.record(self.number, earliest, latest, "ended", content=how)
        self.over = True
        self._waiting.look()

    def _last_look(self) -> float:
        """A moment at which all that had arrived by then has been read, in seconds."""
        return self._clock.last_look()

    def _seen_there(self) -> float:
        """Up to when (seconds) it is known not to have ended: that is read after all that came."""
        look, (since, until) = self._clock.look_before(), self._last_read
        return min(look, since) if until >= look else look

    def resume_writing(self) -> None:
        self._waiting.look()

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
            chosen = self._protocol.subprotocol
            record = self.recorder.record
            self._begin(record(self.number, earliest, latest, "opened", content=chosen))
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
            case WireOpcode.TEXT | WireOpcode.BINARY | WireOpcode.CONT:
                if (whole := self.heard.whole(frame)) is not None:
                    self._message(*whole, earliest, latest)
            case WireOpcode.PING:
                self._record(earliest, latest, "ping", bytes(frame.data))
                if self.answers_pings:
                    self._sent(latest, "pong", bytes(frame.data))
            case WireOpcode.PONG:
                self.heard.control_pongs += 1
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
            self.heard.count(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            self._break(earliest, latest, f"a text message is not UTF-8: {error}")
            return
        self._record(earliest, latest, "text", text)
        self.heard.count(text)

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
            self._break(earliest, latest, f"the {self.OTHER} {self.heard.breach(error)}")
        if self._protocol.handshake_exc is not None and self._refusal is None:
            self._refuse(Refusal(None, self._no_answer(self._protocol.handshake_exc)))

    def _no_answer(self, error: Exception) -> str:
        """What went wrong with a handshake that was no HTTP, or none of WebSocket."""
        return no_answer(error)

    def _break(self, earliest: float, latest: float, why: str, kind: Kind = "broken") -> None:
        self.recorder.record(self.number, earliest, latest, kind, content=why)
        self.over = True
        self.abort()

    def _stop_listening(self, latest: float) -> None:
        """Give up a connection on which far more comes than anything could have asked for."""
        why = MORE_THAN_IS_READ if self._quota.is_free else TOO_MUCH
        self._break(latest, latest, why.format(self.OTHER), "note")

    def _begin(self, event: Event) -> None:
        self._beginning.append((event, self.recorder.origin))

    def _refuse(self, refusal: Refusal, since: float | None = None) -> None:
        """Note that no connection came about; `since` (seconds) is from before that was said."""
        now = self._clock.now()
        earliest = now if since is None else since
        event = self.recorder.record(self.number, earliest, now, "refused", content=refusal)
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
        delay = None if by is None else max(0.0, by - self._clock.now())
        await self._waiting.until(lambda: self._lost or condition(), delay)
