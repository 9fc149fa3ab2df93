"""A TCP connection that a client opened, of which it is not known yet what it is for.

It may become an attempt to connect (`Accepted`): that begins with the request for an upgrade.
Browsers open TCP connections on the chance that they may be needed, others ask for something by
plain HTTP, and a scanner says whatever it says. None of these has made an attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf

from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from conformance.trace.event import Ended, Event, Refusal
from conformance.trace.note import ANSWERED_LATE, KEPT_WAITING, NO_WEBSOCKET, PLAIN_HTTP
from conformance.wire.client.behaviour import Behaviour, Nonsense, Parting, Reception
from conformance.wire.client.desk import Desk
from conformance.wire.client.plain_http import PlainRequest, Upgrade, asked_for, response
from conformance.wire.clock import Clock
from conformance.wire.ends.peer import Peer
from conformance.wire.recorder import Recorder
from conformance.wire.sockets import reset_when_closed
from spec.dialect.dialect import Dialect
from spec.dialect.model import Holes

LINGERING = 1.0
"""How long (seconds) a client that asked by plain HTTP may take to read the answer and leave."""


class Visitor(Peer):
    """The server's end of a TCP connection, up to the request for an upgrade.

    Then `terms` says what that meets with, and `asked` is told; `settled`, what came of it. What is
    asked for by plain HTTP gets its answer at the `desk`.
    """

    OTHER = "client"

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        accepted: tuple[float, float],
        terms: Callable[[], tuple[Reception, Behaviour]],
        asked: Callable[[], None],
        settled: Callable[[], None],
        desk: Desk,
    ) -> None:
        super().__init__(
            ServerProtocol(select_subprotocol=_selecting(recorder.heading.dialect)),
            None,
            recorder,
            clock,
        )
        self.has_asked = False
        """Whether the client asked for a WebSocket connection, or TLS failed before it could."""
        self.behaviour = Behaviour()
        """May be changed at any time."""
        self.asked: list[Holes] = []
        """What stood in the holes of each ping of the client."""
        self._reception = Reception()
        self._terms = terms
        self._asked = asked
        self._settled = settled
        self._desk = desk
        self._is_settled = False
        self._head = bytearray()
        self._is_answered = False
        self._is_reading = False
        self._due: list[asyncio.TimerHandle] = []
        self._accepted, self._made = accepted[0], inf
        self._parting: Event | None = None
        self._doomed: Parting | None = None
        recorder.record(self.number, *accepted, "opening")

    @property
    def is_gone(self) -> bool:
        """Whether the TCP connection has ended."""
        return self._lost

    def part(self, parting: Parting, saying: Nonsense | None = None) -> None:
        """End the TCP connection without a Close frame: with a FIN, or a reset.

        What is said before is no WebSocket any more, and the client has to fail it for that.
        """
        if self._lost:
            return
        if saying is not None and self._transport is not None:
            now = self._clock.now()
            told = f"{NO_WEBSOCKET}{saying.told}"
            self.recorder.record(self.number, now, now, "note", content=told)
            self._transport.write(saying.data)
        if parting == "reset":
            reset_when_closed(self._socket)
        self._hang_up(parting)

    def was_silent(self) -> None:
        """Note in the trace that up to now nothing else came."""
        if not self._lost:
            self.recorder.record(self.number, self._seen_there(), self._clock.now(), "silent")

    def failed(self, why: str) -> None:
        """Note that no connection came about, as when TLS fails; the TCP connection is over."""
        if not self._lost:
            self._begin_attempt()
            self._refuse(Refusal(None, why))
            self._lost = self.over = True
            look, now = self._clock.look_before(), self._clock.now()
            self.recorder.record(self.number, look, now, "ended", content=Ended("eof", why))
        self._settle()

    def ended_unused(self) -> None:
        """Note that a TCP connection ended on which nothing ever came."""
        if not self._lost:
            self._lost = self.over = True
            look, now = self._clock.look_before(), self._clock.now()
            self.recorder.record(self.number, look, now, "ended", content=Ended("eof"))

    # What comes in.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._made = self._clock.now()
        if self._doomed is not None:
            self.part(self._doomed)

    def _last_look(self) -> float:
        look = super()._last_look()
        # Nobody looked at a connection that the system had made, and that was not taken over yet.
        return self._accepted if look < self._made else look

    def data_received(self, data: bytes) -> None:
        if not self.has_asked:
            if self._is_answered:
                return
            self._head += data
            data = bytes(self._head)
            match asked_for(data):
                case None:
                    return
                case Upgrade():
                    self._begin_attempt()
                case other:
                    self._answer_plainly(other)
                    return
        self._is_reading = True
        try:
            super().data_received(data)
        finally:
            self._is_reading = False

    def _begin_attempt(self) -> None:
        self.has_asked = True
        self._reception, self.behaviour = self._terms()
        self._asked()

    def _answer_plainly(self, request: object) -> None:
        """Answer what is no attempt, at once unless the desk keeps it waiting."""
        self._is_answered = True
        earliest, latest = self._last_look(), self._clock.now()
        told = f"{PLAIN_HTTP}{request}"
        self.recorder.record(self.number, earliest, latest, "note", content=told)
        if not isinstance(request, PlainRequest):
            self._hang_up("eof")
            return
        if self._desk.serve(request, lambda: self._answer_late(request)):
            self._respond(request)
        else:
            self.recorder.record(self.number, latest, latest, "note", content=KEPT_WAITING)

    def _answer_late(self, request: PlainRequest) -> None:
        if not self._lost:
            now = self._clock.now()
            self.recorder.record(self.number, now, now, "note", content=ANSWERED_LATE)
            self._respond(request)

    def _respond(self, request: PlainRequest) -> None:
        """Send the answer, and leave the end to the client, for a while."""
        assert self._transport is not None
        self._transport.write(response(request, self._desk.answer))
        # Who closes while something is still unread, resets the connection, and the answer is lost.
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._later(LINGERING, self.abort)
        else:
            self._hang_up("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._due:
            timer.cancel()
        if self._parting is not None:
            self.recorder.amend(self._parting, self._clock.now())
        super().connection_lost(exc)
        self._settle()

    def abort(self) -> None:
        if not self._lost:
            self._hang_up("eof")

    def _refuse(self, refusal: Refusal, since: float | None = None) -> None:
        # Browsers open TCP connections on the chance that they may be needed: who ends one
        # without having asked for anything, has made no attempt.
        if self.has_asked:
            super()._refuse(refusal, since)

    # What goes out.

    def _hang_up(self, parting: Parting) -> None:
        """End the TCP connection, once what was written has left, or as soon as there is one."""
        if self._transport is None:
            self._doomed = parting
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
        self._waiting.look()

    def _later(self, delay: float, act: Callable[[], None]) -> None:
        self._due = [timer for timer in self._due if not timer.cancelled()]
        self._due.append(asyncio.get_running_loop().call_later(delay, act))

    def _settle(self) -> None:
        """Tell the listener, once, that it is known what became of the attempt."""
        if self.has_asked and not self._is_settled:
            self._is_settled = True
            self._settled()


def _selecting(
    dialect: Dialect,
) -> Callable[[ServerProtocol, Sequence[Subprotocol]], Subprotocol | None]:
    """Selects the first of the dialect's subprotocols that the client offers, or none."""
    known = tuple(map(Subprotocol, dialect.subprotocols))
    return lambda _, offered: next((each for each in known if each in offered), None)
