"""A peer: the verbs with which scenarios speak to the other end of one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from conformance.messages.json_text import brackets_in
from conformance.messages.numbers import Numbers
from conformance.trace.event import CUT, Close, Ended
from conformance.trace.note import HEARD_BEFORE
from conformance.wire.ends.framing import SENDING
from conformance.wire.ends.introduced import Introduced
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Recorder
from conformance.wire.sockets import reset_when_closed, take_in_little
from spec.dialect.dialect import Dialect

__all__ = ["HandshakeRefused", "Peer"]


HELD_UP = 1024 * 1024
"""How many bytes wait for a server that has ceased to read, beside all that the systems take in."""


class Peer(Introduced):
    """One end of one connection, as a scenario uses it; made by `Dial`."""

    answered = 0
    """How many pings of the server had come when it was answered last."""

    _numbers: Numbers | None = None
    """The numbers that were said, where they have to rise."""

    is_deaf = False
    """Whether it has stopped reading for good."""

    @property
    def dialect(self) -> Dialect:
        """How the heartbeat is spelled."""
        return self.recorder.heading.dialect

    def a_ping(self) -> str:
        """The text of the next ping."""
        self.pinged += 1
        return self.dialect.say_ping(self.pinged)

    def a_pong(self) -> str:
        """The text of a pong to the latest ping of the other end, or to none."""
        return self.dialect.say_pong(self.heard.asked)

    @property
    def beats_with_pings(self) -> bool:
        """Whether it is pings that restart the server's clock, and not pongs (Plan B)."""
        return not self.recorder.heading.capabilities.server_ping

    async def ping(self) -> bool:
        """Send a ping of the dialect, if a client has any; False when the connection is over."""
        return await self.say(self.a_ping()) if self.dialect.client_pings else self.is_open

    async def pong(self) -> bool:
        """Send a pong of the dialect (Plan B), if it has any; False when the connection is over."""
        if self.dialect.pong is None:
            return self.is_open
        self.answered = self.heard.pings
        return await self.say(self.a_pong())

    @property
    def beats(self) -> tuple[str, ...]:
        """What restarts the server's clock: a ping, or a pong under Plan B.

        In a dialect in which every pong answers a ping, none is said that was not asked for.
        """
        is_free = self.beats_with_pings or self.dialect.is_protocol or self.dialect.pong_unasked
        if not is_free and self.heard.pings <= self.answered:
            return ()
        return (self.a_ping() if self.beats_with_pings else self.a_pong(),)

    async def beat(self) -> bool:
        """Send what restarts the server's clock, if it may be said; False as above."""
        if self.beats_with_pings:
            return await self.ping()
        return await self.pong() if self.beats else self.is_open

    def pour(self, content: str) -> bool:
        """Send a text without waiting until it left; False when the connection is over."""
        if not self.is_open:
            return False
        content = str(self._risen(content))
        earliest = self._clock.now()
        self._put(content)
        self._write()
        self.recorder.record(self.number, earliest, self._clock.now(), "sent", "text", content)
        return True

    async def say(self, *contents: str | bytes) -> bool:
        """Send texts and binary messages in one go; False when the connection is over."""
        if not self.is_open:
            return False
        contents = tuple(map(self._risen, contents))
        earliest = self._clock.now()
        for content in contents:
            self._put(content)
        self._write()
        latest = self._clock.now()
        number, record = self.number, self.recorder.record
        events = [
            record(
                number,
                earliest,
                latest,
                "sent",
                "text" if isinstance(content, str) else "binary",
                content,
            )
            for content in contents
        ]
        if self._backlog():
            try:
                await self._drained(by=latest + SENDING)
            finally:
                for event in events:
                    self.recorder.amend(event, self._clock.now())
        return True

    async def say_in_frames(
        self, content: str | bytes, parts: Sequence[bytes], between: bytes | None = None
    ) -> bool:
        """Send a message in frames, cut anew where its number has to be another; False as above."""
        risen = self._risen(content)
        if isinstance(risen, str) and risen != content:
            parts = _cut_as(parts, risen.encode())
        return await super().say_in_frames(risen, parts, between)

    async def say_in_segments(self, content: str, cuts: Sequence[int]) -> bool:
        """Send a text whose frame is cut into TCP segments; False when the connection is over."""
        risen = self._risen(content)
        assert isinstance(risen, str)
        return await super().say_in_segments(risen, cuts)

    def _risen(self, content: str | bytes) -> str | bytes:
        """A message with a number that has not been said, where its dialect asks for that."""
        if not self.dialect.rising:
            return content
        if self._numbers is None:
            self._numbers = Numbers(self.dialect)
        return self._numbers.risen(content)

    def _put(self, content: str | bytes) -> None:
        """Hand a message to the protocol, and keep no copy: it can be as large as they come."""
        data = content.encode() if isinstance(content, str) else content
        self._quota.asked(len(data))
        if isinstance(content, str) and (brackets := brackets_in(content)):
            self._quota.asked_nested(brackets, content.count(","))
        (self._protocol.send_text if isinstance(content, str) else self._protocol.send_binary)(data)

    async def hear(self, token: str, by: float) -> bool:
        """Wait until the server sends a text that holds `token`; False at time `by`, or the end.

        A Close is the end here as below: what comes behind it is awaited by `close`.
        """
        self.heard.token = token
        await self._until(lambda: self.heard.token is None or self.over, by)
        return self.heard.token is None

    async def hear_until(self, count: int, by: float) -> bool:
        """Wait until the server has sent `count` data messages; False at `by`, or the end."""
        await self._until(lambda: self.heard.messages >= count or self.over, by)
        return self.heard.messages >= count

    async def hear_all(self, count: int, by: float) -> bool:
        """The same, with pings among the messages (Plan B)."""
        heard = self.heard
        await self._until(lambda: heard.messages + heard.pings >= count or self.over, by)
        return heard.messages + heard.pings >= count

    async def hear_answers(self, count: int, by: float) -> bool:
        """Wait until the server has sent `count` pongs; False at time `by`, or the end."""
        await self._until(lambda: self.heard.pongs >= count or self.over, by)
        return self.heard.pongs >= count

    async def hear_pings(self, count: int, by: float) -> bool:
        """Wait until the server has sent `count` pings (Plan B); False at `by`, or the end."""
        await self._until(lambda: self.heard.pings >= count or self.over, by)
        return self.heard.pings >= count

    async def hear_pongs(self, count: int, by: float) -> bool:
        """Wait until the server has sent `count` control Pongs; False at `by`, or the end."""
        await self._until(lambda: self.heard.control_pongs >= count or self.over, by)
        return self.heard.control_pongs >= count

    async def ended(self, by: float) -> bool:
        """Wait for the server to end the connection; False when it had not at time `by`."""
        await self._until(lambda: self.over, by)
        return self.over

    async def watch(self, by: float) -> bool:
        """Wait as `ended` does, as the last thing before the close.

        It is noted in the trace that up to then nothing else came.
        """
        await self.ended(by)
        if not self.over:
            self.recorder.record(self.number, self._seen_there(), self._clock.now(), "silent")
        return self.over

    async def close(self, code: int | None = 1000, reason: str = "", *, by: float) -> None:
        """Close in order, wait until time `by` for the server to do so too, then drop the rest.

        In the middle of a message it is dropped at once: some libraries close with 1002 there.
        """
        if not self.has_begun:
            self.say_goodbye(code, reason)
        try:
            if not self._lost and not (self.has_begun and self.is_open):
                await self._until(lambda: self._lost, by)
        finally:
            self.abort()
        await asyncio.sleep(0)  # The socket is closed in the loop's next turn, if there is one.

    def say_goodbye(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a Close, unless the connection is over, and do not wait for the answer."""
        if self.is_open:
            earliest = self._clock.now()
            self._protocol.send_close(code, reason)
            self._write()
            self._sent(earliest, "close", Close(code, reason))

    async def dropped(self, by: float) -> bool:
        """Wait for the end of the TCP connection; False when it had not come at time `by`."""
        await self._until(lambda: self._lost, by)
        return self._lost

    def cut(self) -> None:
        """Reset the TCP connection."""
        if self._transport is None or self._lost:
            return
        reset_when_closed(self._socket)
        self._lost = self.over = True
        now = self._clock.now()
        self.recorder.record(self.number, now, now, "ended", content=Ended("local", CUT))
        self._transport.abort()
        self._waiting.look()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._lost:
            self._transport.pause_reading()
            now = self._clock.now()
            self.recorder.record(self.number, now, now, "paused")

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._lost:
            now = self._clock.now()
            self._transport.resume_reading()
            self.recorder.record(self.number, now, now, "resumed")

    @property
    def is_held_up(self) -> bool:
        """Whether so much waits to be sent that the server has certainly ceased to read."""
        return self._backlog() > HELD_UP

    def go_deaf(self) -> None:
        """Stop reading for good, and leave the server as little room as the system allows."""
        self.is_deaf = True
        if not self._lost:
            take_in_little(self._socket)
        self.pause()

    def continue_in(self, recorder: Recorder) -> None:
        """Record from now on in another trace, which begins with how the connection opened.

        What came meanwhile is not in it, as if nobody had read.
        """
        self.recorder = recorder
        self.number = recorder.new_connection()
        for event, origin in self._beginning:
            recorder.record(
                self.number,
                event.earliest + origin,
                event.latest + origin,
                event.kind,
                event.opcode,
                event.content,
            )
        since, now = self._beginning[-1][0].latest + self._beginning[-1][1], self._clock.now()
        recorder.record(self.number, since, since, "paused")
        recorder.record(self.number, now, now, "resumed")
        before = f"{HEARD_BEFORE}{self.heard.messages}"
        recorder.record(self.number, now, now, "note", content=before)


def _cut_as(parts: Sequence[bytes], data: bytes) -> Sequence[bytes]:
    """Other data in as many frames, each as long as it was; the last takes what is left."""
    cut = []
    for part in parts[:-1]:
        cut.append(data[: len(part)])
        data = data[len(part) :]
    return [*cut, data]
