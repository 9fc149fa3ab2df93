"""A place in a crowd: one connection at a time, lived as a client lives, and then the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Protocol

import spec
from conformance.scenarios.life import PLAIN_SILENCE, Mix
from conformance.scenarios.server.crowd import BUSINESS
from conformance.scenarios.waits import certainly_late
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial
from conformance.wire.server.member import Member
from spec.dialect.shipped import protocol

PING = protocol().say_ping(1)
"""How every connection of a crowd pings."""

TALKS = 4
"""After ceasing to ping, a connection that talks on says so many messages before it has to end."""


class Host(Protocol):
    """What a place asks of whoever lives the crowd."""

    timing: spec.Timing
    mix: Mix
    seed: int
    chance: Random

    def elapsed(self) -> float:
        """The seconds since the crowd began."""

    def begins(self, manner: str) -> float:
        """When harm of a manner may be done, in seconds since the crowd began."""

    def came(self, place: Place, member: Member) -> None:
        """A connection was opened."""

    def went(self, *, by_server: bool) -> None:
        """One is over."""

    def did_harm(self, manner: str, member: Member) -> None:
        """One was reset, or ceased to read."""

    def call_at(self, moment: float, what: Callable[[], None]) -> asyncio.TimerHandle:
        """Call something so many seconds after the crowd began."""

    def start(self, place: Place) -> None:
        """Have the place ask for a connection."""


class Place:
    """One of the connections of a crowd; `number` is its place in the whole of it."""

    __slots__ = (
        "_beats", "_dial", "_host", "_left", "_life", "_refused", "_timer", "_turn",
        "is_plain", "member", "number",
    )  # fmt: skip

    def __init__(self, host: Host, dial: Dial, number: int, *, is_plain: bool) -> None:
        self.number = number
        self.is_plain = is_plain
        """Whether it lives plain silences and nothing else: what its fleet is compared with."""
        self.member: Member | None = None
        self._host = host
        self._dial = dial
        self._turn = -1
        self._life = PLAIN_SILENCE
        self._beats = 0
        self._refused = 0
        self._left = False
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Ask for the next connection; it lives by itself from then on."""
        self._turn += 1
        host = self._host
        self._life = (
            PLAIN_SILENCE
            if self.is_plain
            else host.mix.drawn(host.timing, host.seed, self.number, self._turn)
        )
        try:
            member = await self._dial.open()
        except HandshakeRefused:
            self._refused += 1
            self._come_back()
            return
        assert isinstance(member, Member)
        self._refused, self._beats, self._left = 0, 0, False
        self.member, member.on_end = member, self._over
        host.came(self, member)
        if not member.is_open:
            return  # It ended in the same turn of the loop: `_over` is about to be called.
        if self._life.pings == 0:
            self._fall_silent()
        else:
            self._in(self._life.first, self._beat)

    def leave(self) -> None:
        """End the connection at once, for the crowd is over: what was open is noted first."""
        self._stop()
        member, self.member = self.member, None
        if member is not None:
            member.on_end = None
            if member.is_open and not member.is_deaf:
                member.show_silence()
            member.abort()

    @property
    def is_pinging(self) -> bool:
        """Whether it has a connection on which it pings for as long as the crowd lasts."""
        return self.member is not None and self._life.is_endless

    # The moments of a life.

    def _beat(self) -> None:
        member, life, host = self.member, self._life, self._host
        if member is None or not member.is_open:
            return
        has_pinged = self._beats >= (life.pings or 0)
        if life.does_harm and has_pinged and host.elapsed() >= host.begins(life.manner):
            self._do_harm(member)
            return
        member.pour(PING)
        self._beats += 1
        if life.manner == "talks":
            member.pour(BUSINESS)
        if life.pings is not None and self._beats >= life.pings and not life.does_harm:
            if life.manner == "leaves":
                self._in(self._patience, self._close)
            else:
                self._fall_silent()
        else:
            self._in(host.timing.heartbeat_interval, self._beat)

    def _do_harm(self, member: Member) -> None:
        host, manner = self._host, self._life.manner
        self._left = True
        if manner == "resets":
            member.cut()
        else:
            member.go_deaf()
            self._in(self._overdue, self._give_up)
        host.did_harm(manner, member)

    def _fall_silent(self) -> None:
        if self._life.manner == "talks_on":
            self._talk_on()
        else:
            self._in(self._overdue, self._give_up)

    def _talk_on(self) -> None:
        """Say business messages, the last of them shortly before the close is due."""
        gap = self._host.timing.heartbeat_timeout / (TALKS + 1)
        due = self._host.elapsed() + self._overdue

        def say(left: int) -> None:
            if self.member is not None and self.member.is_open:
                self.member.pour(BUSINESS)
                if left > 1:
                    self._in(gap, lambda: say(left - 1))
                else:
                    self._in(due - self._host.elapsed(), self._give_up)

        self._in(gap, lambda: say(TALKS))

    def _give_up(self) -> None:
        """A close that is due has certainly not come in time: note it, and end the connection."""
        member = self.member
        if member is None:
            return
        if member.is_open and not member.is_deaf:
            member.show_silence()
            self._close()
        else:
            self._left = True
            member.abort()

    def _close(self) -> None:
        """Close in order, and do not wait for the answer longer than an answer may take."""
        if self.member is not None:
            self._left = True
            self.member.say_goodbye()
            self._in(self._dial.patience, self._drop)

    def _drop(self) -> None:
        if self.member is not None:
            self.member.abort()

    # Ends, and what comes after them.

    def _over(self) -> None:
        """The TCP connection is over, on whichever account: come back as a client does."""
        self._stop()
        member, self.member = self.member, None
        if member is not None:
            self._host.went(by_server=not self._left)
        self._come_back()

    def _come_back(self) -> None:
        timing = self._host.timing
        delay = timing.reconnect_delay * 2 ** max(0, min(self._refused - 1, 16))
        delay = min(delay, max(timing.reconnect_cap, timing.reconnect_delay))
        self._in(delay + timing.reconnect_jitter * self._host.chance.random(), self._again)

    def _again(self) -> None:
        self._host.start(self)

    def _in(self, seconds: float, what: Callable[[], None]) -> None:
        self._stop()
        self._timer = self._host.call_at(self._host.elapsed() + max(0.0, seconds), what)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def _overdue(self) -> float:
        return certainly_late(self._host.timing.latest_close, self._host.timing)

    @property
    def _patience(self) -> float:
        """How long a reply may take: a Close that crosses one shows nothing of it."""
        return self._host.timing.reply_deadline + self._host.timing.tolerance
