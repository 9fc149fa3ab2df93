"""Framing: what a peer sends besides whole messages, and what it leaves unanswered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from websockets.frames import Frame
from websockets.frames import Opcode as WireOpcode

from conformance.trace.event import Event, Opcode
from conformance.wire.ends.candid import CandidProtocol
from conformance.wire.ends.endpoint import Endpoint

SENDING = 30.0
"""How long (seconds) a server that reads slowly can hold up a message."""


STALLED = 5.0
"""How long (seconds) it may read nothing at all meanwhile: longer, and it has ceased to read."""


APART = 0.02
"""How long (seconds) the next TCP segment of a frame comes after the one before it.

Long enough for a server that waits for it to read the one before: nothing tells when it has.
"""


class Framing(Endpoint):
    """An end of a connection that knows of frames: control frames, and messages in several."""

    has_begun = False
    """Whether a message was begun that has not ended yet."""
    is_amid_frame = False
    """Whether a frame was begun that has not ended yet: nothing else may be sent meanwhile."""
    went_on = False
    """Whether the server went on to send after its Close."""
    request_cut = 0
    """Behind how many bytes of it the request goes on in another TCP segment, if behind any."""
    is_asking = False
    """Whether the rest of the request has yet to leave."""
    was_cut_short = False
    """Whether half a request was answered, so that its rest did not leave."""

    async def opened(self, by: float) -> None:
        """Wait for the handshake, and for all of the request to leave; raises HandshakeRefused."""
        await super().opened(by)
        await self._until(lambda: not self.is_asking, by)

    async def control_ping(self, payload: bytes) -> bool:
        """Send a control Ping (RFC 6455, section 5.5.2); False when the connection is over."""
        return self._put_control_ping(payload)

    def _put_control_ping(self, payload: bytes) -> bool:
        if not self.is_open:
            return False
        earliest = self._clock.now()
        self._quota.asked(len(payload))
        self._protocol.send_ping(payload)
        self._write()
        self._sent(earliest, "ping", payload)
        return True

    async def control_pong(self, payload: bytes) -> bool:
        """Send a control Pong that nothing asked for (section 5.5.3); False as above."""
        if not self.is_open:
            return False
        earliest = self._clock.now()
        self._protocol.send_pong(payload)
        self._write()
        self._sent(earliest, "pong", payload)
        return True

    async def begin(self, content: str | bytes) -> bool:
        """Send a frame of a message that does not end with it, the first or a further one.

        False when the connection is over.
        """
        if not self.is_open:
            return False
        earliest, is_text = self._clock.now(), isinstance(content, str)
        data = content.encode() if isinstance(content, str) else content
        self._put_part(data, is_text=is_text)
        self._write()
        self._sent(earliest, "fragment", data)
        return True

    async def say_in_frames(
        self, content: str | bytes, parts: Sequence[bytes], between: bytes | None = None
    ) -> bool:
        """Send a message in these frames, `between` in a control Ping before the last of them.

        False when the connection is over.
        """
        if not self.is_open:
            return False
        event = self._put_in_frames(content, parts, between)
        if self._backlog():
            await self._drained(by=event.latest + SENDING)
            self.recorder.amend(event, self._clock.now())
        return True

    async def say_in_segments(self, content: str, cuts: Sequence[int]) -> bool:
        """Send a text in one frame, which is cut into TCP segments behind so many of its bytes.

        False when the connection is over.
        """
        if not self.is_open or self._transport is None:
            return False
        earliest = self._clock.now()
        waiting = b"".join(self._protocol.data_to_send())  # It leaves with the first of them.
        self._put_part(content.encode(), is_text=True, is_last=True)
        frame = b"".join(self._protocol.data_to_send())
        event = self.recorder.record(
            self.number, earliest, self._clock.now(), "sent", "text", content
        )
        self.is_amid_frame = self.has_begun = True
        try:
            for start, end in pairwise((0, *cuts)):
                self._transport.write(waiting + frame[start:end])
                if waiting:
                    self._has_left(self._clock.now())
                waiting = b""
                await asyncio.sleep(APART)
            if not self._lost:
                self._transport.write(frame[cuts[-1] :])
        finally:
            self.recorder.amend(event, self._clock.now(), tuple(cuts))
        self.is_amid_frame = self.has_begun = False
        if not self._lost:
            self._write()
            self._amend_what_waited_behind(event)
        return not self.over

    def _has_left(self, latest: float) -> None:
        """Whatever waited for a message has left with it, by a time of the clock."""

    def _amend_what_waited_behind(self, said: Event) -> None:
        """Say of all that was to be sent while a frame was on its way that it left behind it.

        A pong that waits may be late for its ping, and a client gives a connection up for that.
        """
        now = self._clock.now()
        for each in self.recorder.events[said.n + 1 :]:
            if each.connection == self.number and each.kind == "sent":
                self.recorder.amend(each, now)

    def _write(self) -> None:
        if not self.request_cut:
            if not self.is_amid_frame:
                super()._write()
            return
        cut, self.request_cut, self.is_asking = self.request_cut, 0, True
        data = b"".join(self._protocol.data_to_send())
        assert self._transport is not None
        self._transport.write(data[:cut])
        asyncio.get_running_loop().call_later(APART, self._ask_on, data[cut:])

    def _ask_on(self, rest: bytes) -> None:
        """Send the rest of the request: only then the connection is asked for.

        A server that has answered half of it would take the rest for something else.
        """
        assert self._transport is not None
        self.is_asking, self.was_cut_short = False, self._opened
        if not self._transport.is_closing():
            self.recorder.amend(self._beginning[0][0], self._clock.now())
            if not self.was_cut_short:
                self._transport.write(rest)
        self._waiting.look()

    def _put_in_frames(
        self, content: str | bytes, parts: Sequence[bytes], between: bytes | None
    ) -> Event:
        """The same without waiting until it left; returns the event of the whole message."""
        earliest, is_text = self._clock.now(), isinstance(content, str)
        for part in parts[:-1]:
            self._put_part(part, is_text=is_text)
        if parts[1:]:
            self._write()
            self.recorder.record(
                self.number,
                earliest,
                self._clock.now(),
                "sent",
                "fragment",
                b"".join(parts[:-1]),
                frames=tuple(map(len, parts[:-1])) if parts[2:] else (),
            )
        if between is not None:
            self._put_control_ping(between)
        self._put_part(parts[-1], is_text=is_text, is_last=True)
        self._write()
        opcode: Opcode = "text" if is_text else "binary"
        now = self._clock.now()
        return self.recorder.record(self.number, earliest, now, "sent", opcode, content)

    def _put_part(self, data: bytes, *, is_text: bool, is_last: bool = False) -> None:
        """Hand a frame of a message to the protocol: its first, or one that goes on with it."""
        self._quota.asked(len(data))
        if self.has_begun:
            self._protocol.send_continuation(data, fin=is_last)
        elif is_text:
            self._protocol.send_text(data, fin=is_last)
        else:
            self._protocol.send_binary(data, fin=is_last)
        self.has_begun = not is_last

    def say_behind_its_close(self, *texts: str | bytes) -> bool:
        """Send texts behind the Close of the server, as if they crossed it; False when over.

        RFC 6455 (section 5.5.1) lets whoever was sent a Close finish a message before the answer.
        """
        can = isinstance(self._protocol, CandidProtocol) and self._protocol.close_rcvd is not None
        if not can or self.answers_close or self._lost or self._transport is None:
            return False
        for text in texts:
            self._write_past_a_close(str(text), mask=True)
        return True

    def _write_past_a_close(self, text: str, *, mask: bool) -> None:
        """Send a text of which the library would say that it is too late for that."""
        assert self._transport is not None
        earliest = self._clock.now()
        frame = Frame(WireOpcode.TEXT, text.encode())
        self._transport.write(frame.serialize(mask=mask, extensions=[]))
        self.recorder.record(self.number, earliest, self._clock.now(), "sent", "text", text)

    def ignore_control_pings(self) -> None:
        """Leave the server's control Pings unanswered from now on."""
        assert isinstance(self._protocol, CandidProtocol)
        self.answers_pings = self._protocol.answers_pings = False

    async def _drained(self, by: float) -> None:
        """Wait until all is written, or the server has ceased to read, until time `by` at most."""
        while (left := self._backlog()) and not self.over and (now := self._clock.now()) < by:
            await self._until(lambda: self.over or not self._backlog(), min(by, now + STALLED))
            if self._backlog() == left:
                return

    def _check_health(self, earliest: float, latest: float) -> None:
        super()._check_health(earliest, latest)
        protocol = self._protocol
        if isinstance(protocol, CandidProtocol) and protocol.beyond and not self.went_on:
            self.went_on = True
            said = f"the server sent {protocol.beyond} after its Close"
            self.recorder.record(self.number, earliest, latest, "broken", content=said)
