"""An accepted connection of a client under examination: wsbeat is its server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from conformance.messages.dialect import echo_of
from conformance.messages.from_client import Business, Ping, message
from conformance.trace.event import Close, Ended, Event, Opcode, Refusal
from conformance.wire.client.behaviour import Behaviour, Parting, Reception
from conformance.wire.clock import Clock
from conformance.wire.peer import RESET, Peer
from conformance.wire.recorder import Recorder

HOLDING = 0.05
"""How long (seconds) an attempt is held before it is refused: two at a time are then seen to be."""


class Accepted(Peer):
    """The server's end of one connection, as a scenario uses it; made by `Listener`."""

    OTHER = "client"

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        accepted: tuple[float, float],
        reception: Reception,
        behaviour: Behaviour,
        settled: Callable[[Accepted], None],
    ) -> None:
        super().__init__(ServerProtocol(), None, recorder, clock)
        self.behaviour = behaviour
        """May be changed at any time."""
        self.pings = 0
        """How many pings the client sent so far."""
        self.came = accepted[1]
        """When the client connected: the clock's time."""
        self._reception = reception
        self._settled = settled
        self._is_settled = False
        self._due: list[asyncio.TimerHandle] = []
        self._parting: Event | None = None
        self._is_reading = False
        self._has_asked = False
        self._held: Request | None = None
        recorder.record(self.number, *accepted, "opening")

    @property
    def was_accepted(self) -> bool:
        """Whether the client got its WebSocket connection."""
        return self._opened

    @property
    def is_gone(self) -> bool:
        """Whether the TCP connection has ended."""
        return self._lost

    # What a scenario does with a connection.

    async def has_pinged(self, count: int, by: float) -> bool:
        """Wait until the client has pinged `count` times; False at time `by`, or the end."""
        await self._until(lambda: self.pings >= count or self.over, by)
        return self.pings >= count

    def part(self, parting: Parting) -> None:
        """End the TCP connection without a Close frame: with a FIN, or a reset."""
        if self._lost:
            return
        if parting == "reset" and self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._hang_up(parting)

    def admit(self) -> None:
        """Accept a handshake that was kept waiting; nothing happens if there is none any more."""
        if self._held is not None and not self._lost:
            self._accept(self._held)

    def was_silent(self) -> None:
        """Note in the trace that up to now nothing else came."""
        if not self._lost:
            look, now = self._clock.last_look(), self._clock.now()
            self.recorder.record(self.number, look, now, "silent")

    def failed(self, why: str) -> None:
        """Note that no connection came about, as when TLS fails; the TCP connection is over."""
        if not self._lost:
            self._has_asked = True
            self._refuse(Refusal(None, why))
            self._lost = self.over = True
            look, now = self._clock.look_before(), self._clock.now()
            self.recorder.record(self.number, look, now, "ended", content=Ended("eof", why))
        self._settle()

    # What comes in.

    def data_received(self, data: bytes) -> None:
        self._is_reading = self._has_asked = True
        try:
            super().data_received(data)
        finally:
            self._is_reading = False

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._due:
            timer.cancel()
        if self._parting is not None:
            self.recorder.amend(self._parting, self._clock.now())
        super().connection_lost(exc)
        if self._has_asked:
            self._settle()

    def abort(self) -> None:
        if not self._lost:
            self._hang_up("eof")

    def _answered(self, response: Request | Response, earliest: float, latest: float) -> None:
        assert isinstance(response, Request)
        line = f"GET {response.path} HTTP/1.1"
        self.recorder.record(self.number, earliest, latest, "requested", content=line)
        if self._reception.status == 101:
            self._accept(response)
        elif self._reception.status is not None or self._reception.parting is not None:
            self._later(HOLDING, self._turn_away)
        else:
            self._held = response

    def _refuse(self, refusal: Refusal) -> None:
        # Browsers open TCP connections on the chance that they may be needed: who ends one
        # without having asked for anything, has made no attempt.
        if self._has_asked:
            super()._refuse(refusal)

    def _no_answer(self, error: Exception) -> str:
        return "the client did not ask in HTTP"

    def _accept(self, request: Request) -> None:
        assert isinstance(self._protocol, ServerProtocol)
        response = self._protocol.accept(request)
        earliest = self._clock.now()
        self._protocol.send_response(response)
        self._write()
        latest = self._clock.now()
        if response.status_code == 101:
            self._opened = True
            self.recorder.record(self.number, earliest, latest, "opened")
            if self.behaviour.pings_every is not None:
                self._later(self.behaviour.pings_every, self._ping_on)
            self._settle()
        else:
            why = str(self._protocol.handshake_exc)
            self._refuse(Refusal(response.status_code, f"no WebSocket handshake: {why}"))
            self._hang_up("eof")

    def _turn_away(self) -> None:
        if self._lost:
            return
        assert isinstance(self._protocol, ServerProtocol)
        status = self._reception.status
        if status is None:
            assert self._reception.parting is not None
            self._refuse(Refusal(None, "wsbeat ended the connection without an answer"))
            self.part(self._reception.parting)
            return
        response = self._protocol.reject(status, "refused by wsbeat, on purpose\n")
        self._protocol.send_response(response)
        self._write()
        self._refuse(Refusal(status, f"HTTP {status} {response.reason_phrase}"))
        self._hang_up("eof")

    def _take_in(self, earliest: float, latest: float) -> None:
        super()._take_in(earliest, latest)
        if self._refusal is not None:
            self._hang_up("eof")

    def _received(self, frame: Frame, earliest: float, latest: float) -> None:
        super()._received(frame, earliest, latest)
        self._write()
        if self._protocol.close_rcvd is not None and not self.behaviour.mute:
            self._hang_up("eof")

    def _record(
        self, earliest: float, latest: float, opcode: Opcode, content: str | bytes | Close
    ) -> None:
        super()._record(earliest, latest, opcode, content)
        if opcode == "text" and isinstance(content, str):
            self._reply(content)

    def _reply(self, text: str) -> None:
        said = message(text)
        behaviour = self.behaviour
        if isinstance(said, Ping):
            self.pings += 1
            if not behaviour.mute and behaviour.pongs:
                self._answer(*[behaviour.pong] * behaviour.pongs)
        elif self._is_business(said) and behaviour.echo and not behaviour.mute:
            self._answer(echo_of(text))

    def _is_business(self, said: object) -> bool:
        """Whether a message gets an echo; under Plan B, the client's pong is no such message."""
        if not isinstance(said, Business):
            return False
        is_pong = isinstance(said.value, dict) and said.value.get("type") == "pong"
        return not (is_pong and self.behaviour.pings_every is not None)

    def _answer(self, *texts: str) -> None:
        if self.behaviour.slowness:
            self._later(self.behaviour.slowness, lambda: self._say(*texts))
        else:
            self._say(*texts)

    # What goes out.

    @property
    def _withholds(self) -> bool:
        """Whether what the protocol says by itself is to be kept back."""
        return self._is_reading and self._opened and self.behaviour.mute

    def _write(self) -> None:
        if self._withholds:
            self._protocol.data_to_send()
        else:
            super()._write()

    def _sent(self, earliest: float, opcode: Opcode, content: bytes | Close) -> None:
        if not self._withholds:
            super()._sent(earliest, opcode, content)

    def _say(self, *texts: str) -> None:
        """Send texts from within the event loop's callbacks: without waiting for room."""
        for text in texts:
            if not self.is_open:
                return
            earliest = self._clock.now()
            said = text.encode()
            self._quota.asked(len(said))
            self._protocol.send_text(said)
            self._write()
            now = self._clock.now()
            self.recorder.record(self.number, earliest, now, "sent", "text", text)

    def _ping_on(self) -> None:
        self._say(self.behaviour.ping)
        if self.is_open and self.behaviour.pings_every is not None:
            self._later(self.behaviour.pings_every, self._ping_on)

    def _hang_up(self, parting: Parting) -> None:
        """End the TCP connection, once what was written has left."""
        if self._transport is None or self._lost:
            return
        self._lost = self.over = True
        now = self._clock.now()
        self._parting = self.recorder.record(
            self.number, now, now, "ended", content=Ended("local", parting)
        )
        if parting == "reset" or self._backlog():
            self._transport.abort()
        else:
            self._transport.close()
        self._settle()
        self._wake()

    def _later(self, delay: float, act: Callable[[], None]) -> None:
        self._due = [timer for timer in self._due if not timer.cancelled()]
        self._due.append(asyncio.get_running_loop().call_later(delay, act))

    def _settle(self) -> None:
        """Tell the listener, once, that it is known what became of the attempt."""
        if not self._is_settled:
            self._is_settled = True
            self._settled(self)
