"""An accepted connection of a client under examination: wsbeat is its server."""

from __future__ import annotations

from functools import cached_property

from websockets.frames import Frame
from websockets.frames import Opcode as WireOpcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from conformance.messages.from_client import Business, Ping, message
from conformance.trace.event import Close, Event, Opcode, Refusal
from conformance.trace.note import ANSWERS_NO_MORE, OFFERED
from conformance.wire.client.answering import Answering
from conformance.wire.client.introduction import Introduction
from conformance.wire.client.manner import PLAINLY, Manner
from conformance.wire.client.visitor import Visitor
from conformance.wire.ends.framing import APART

HOLDING = 0.05
"""How long (seconds) an attempt is held before it is refused: two at a time are then seen to be."""


class Accepted(Visitor):
    """The server's end of one connection, as a scenario uses it; made by `Listener`."""

    pings = 0
    """How many pings the client sent so far."""

    _held: Request | None = None
    _unsaid: Event | None = None
    """The opening whose 101 waits for what is said first."""
    _introduction: Introduction | None = None
    _is_introduced = False

    @cached_property
    def _answering(self) -> Answering:
        return Answering()

    @property
    def was_accepted(self) -> bool:
        """Whether the client got its WebSocket connection."""
        return self._opened

    # What a scenario does with a connection.

    async def has_pinged(self, count: int, by: float) -> bool:
        """Wait until the client has pinged `count` times; False at time `by`, or the end."""
        await self._until(lambda: self.pings >= count or self.over, by)
        return self.pings >= count

    def admit(self) -> None:
        """Accept a handshake that was kept waiting; nothing happens if there is none any more."""
        if self._held is not None and not self._lost:
            self._accept(self._held)

    def pong_late(self) -> None:
        """Send a pong to the client's last ping, though it has closed the connection."""
        if self.asked:
            self.say_late(self.dialect.say_pong(self.asked[-1]))

    def say_late(self, text: str) -> None:
        """Send a text though the client has closed; it has the answer to its Close yet to get.

        RFC 6455 (section 5.5.1) lets who has not sent a Close go on.
        """
        if not self._lost and self._transport is not None:
            self._write_past_a_close(text, mask=False)

    # What comes in.

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

    def _no_answer(self, error: Exception) -> str:
        return "the client did not ask in HTTP"

    def _accept(self, request: Request) -> None:
        assert isinstance(self._protocol, ServerProtocol)
        response = self._protocol.accept(request)
        earliest = self._clock.now()
        self._protocol.send_response(response)
        if response.status_code != 101:
            self._write()
            why = str(self._protocol.handshake_exc)
            self._refuse(Refusal(response.status_code, f"no WebSocket handshake: {why}"), earliest)
            self._hang_up("eof")
            return
        manner = self._reception.manner
        rest = self._say_yes(manner, response)
        latest = self._clock.now()
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
        if offered and "Sec-WebSocket-Protocol" not in response.headers:
            told = f"{OFFERED}{len(offered.split(','))}"
            self.recorder.record(self.number, earliest, latest, "note", content=told)
        self._opened = True
        self.recorder.manners[self.number] = manner.told
        opened = self.recorder.record(self.number, earliest, latest, "opened")
        if manner.takes_along:
            self._unsaid = opened
        if rest:
            self._later(APART, lambda: self._say_the_rest(rest, opened))
        else:
            self._go_on(latest)

    def _say_yes(self, manner: Manner, response: Response) -> bytes:
        """Send a 101 in a manner, as far as it leaves now; returns the rest."""
        if manner is not PLAINLY:
            self._protocol.data_to_send()  # So far it has been said as the library says it.
            self._protocol.writes.append(manner.says(response))
        if manner.takes_along:
            self.is_amid_frame = True
            self._later(APART, self._wait_no_more)
        elif not manner.held_back:
            self._write()
        else:
            said = b"".join(self._protocol.data_to_send())
            assert self._transport is not None
            self._transport.write(said[: -manner.held_back])
            self.is_amid_frame = True
            return said[-manner.held_back :]
        return b""

    def _wait_no_more(self) -> None:
        """Send a 101 that waits for what is said first, where that has not come."""
        if not self._lost and not self.has_begun:
            self.is_amid_frame = False
            self._write()
            self._has_left(self._clock.now())

    def _has_left(self, latest: float) -> None:
        if self._unsaid is not None:
            self._amend_what_waited_behind(self._unsaid)
            self.recorder.amend(self._unsaid, latest)
            self._unsaid = None

    def _say_the_rest(self, rest: bytes, opened: Event) -> None:
        """Send what was held back of a 101: only then there is a connection to speak on."""
        if self._lost or self._transport is None:
            return
        self._transport.write(rest)
        self.is_amid_frame = False
        latest = self._clock.now()
        self.recorder.amend(opened, latest)
        self._go_on(latest)

    def _go_on(self, since: float) -> None:
        if self.dialect.prelude:
            self._introduction = Introduction(self.dialect)
            self._introduce(since)
            timing = self.recorder.heading.timing
            self._later(timing.reply_deadline + timing.tolerance, self._settle)
        else:
            self._begin_beats()

    def _introduce(self, since: float) -> None:
        """Say what is due in the prelude; when that is over, heartbeats begin to count."""
        assert self._introduction is not None
        while self.is_open and (due := self._introduction.due()) is not None:
            text, shown = due
            data = text.encode()
            self._quota.asked(len(data))
            self._protocol.send_text(data)
            super()._write()  # Who is mute from then on has gone through the prelude.
            now = self._clock.now()
            self.recorder.record(self.number, since, now, "said_first", "text", shown)
        if self._introduction.is_over and not self._is_introduced:
            self._is_introduced = True
            self.recorder.record(self.number, since, self._clock.now(), "ready")
            self._begin_beats()

    def _begin_beats(self) -> None:
        if self.behaviour.pings_every is not None:
            self._later(self.behaviour.pings_every, self._ping_on)
        self._settle()

    def _turn_away(self) -> None:
        if self._lost:
            return
        assert isinstance(self._protocol, ServerProtocol)
        status = self._reception.status
        if status is None:
            assert self._reception.parting is not None
            self._refuse(Refusal(None, self._reception.tells()))
            if self._reception.nonsense is not None and self._transport is not None:
                self._transport.write(self._reception.nonsense.data)
            self.part(self._reception.parting)
            return
        earliest = self._clock.now()
        response = self._protocol.reject(status, "refused by wsbeat, on purpose\n")
        if self._reception.retry_after is not None:
            response.headers["Retry-After"] = self._reception.retry_after
        self._protocol.send_response(response)
        self._write()
        self._refuse(Refusal(status, self._reception.tells(response.reason_phrase)), earliest)
        self._hang_up("eof")

    def _take_in(self, earliest: float, latest: float) -> None:
        super()._take_in(earliest, latest)
        if self._refusal is not None:
            self._hang_up("eof")

    def _received(self, frame: Frame, earliest: float, latest: float) -> None:
        super()._received(frame, earliest, latest)
        self._write()
        # What came with it has been taken in by then: the protocol knows of a Close before.
        if frame.opcode is WireOpcode.CLOSE and not self.behaviour.mute:
            self._hang_up("eof")

    def _message(self, opcode: WireOpcode, data: bytes, earliest: float, latest: float) -> None:
        if self._introduction is not None and opcode is WireOpcode.TEXT:
            text = data.decode(errors="replace")
            if self._introduction.takes(text):
                self.recorder.record(self.number, earliest, latest, "heard_first", "text", text)
                self._introduce(latest)
                return
        super()._message(opcode, data, earliest, latest)

    def _record(
        self, earliest: float, latest: float, opcode: Opcode, content: str | bytes | Close
    ) -> None:
        super()._record(earliest, latest, opcode, content)
        if opcode == "text" and isinstance(content, str):
            self._reply(content)

    def _reply(self, text: str) -> None:
        said = message(text, self.dialect)
        behaviour = self.behaviour
        if isinstance(said, Ping) and self.dialect.client_pings:
            self.pings += 1
            self.asked.append(said.holes)
            if not behaviour.mute and behaviour.pongs and self.dialect.pong is not None:
                pong = behaviour.pong(self.dialect.say_pong(said.holes))
                self._answer(*[pong] * behaviour.pongs)
        elif self._is_business(said) and behaviour.echo and not behaviour.mute:
            self._answer(self.dialect.say_echo(text))

    def _is_business(self, said: object) -> bool:
        """Whether a message gets an echo; under Plan B, the client's pong is no such message."""
        if not isinstance(said, Business):
            return False
        return not (said.is_pong and self.behaviour.pings_every is not None)

    def _answer(self, *texts: str) -> None:
        now = self._clock.now()
        if not self._answering.goes_on(now):
            if self._answering.ceases():
                self.recorder.record(self.number, now, now, "note", content=ANSWERS_NO_MORE)
        elif self.behaviour.slowness:
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
            said = text.encode()
            if (way := self.behaviour.cut) is not None:
                cut, between = way
                self._put_in_frames(text, cut(said), between)
                continue
            earliest = self._clock.now()
            self._quota.asked(len(said))
            self._protocol.send_text(said)
            self._write()
            now = self._clock.now()
            self.recorder.record(self.number, earliest, now, "sent", "text", text)

    def _ping_on(self) -> None:
        self._say(self.behaviour.ping(self.a_ping()))
        if self.is_open and self.behaviour.pings_every is not None:
            self._later(self.behaviour.pings_every, self._ping_on)
