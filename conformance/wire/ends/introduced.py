"""The prelude of a connection: what both ends say before heartbeats count, played as its client."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from websockets.frames import Opcode as WireOpcode

from conformance.messages.json_text import value_of
from conformance.messages.limits import AT_ONCE, LOOP
from conformance.targets.secrets import redacted
from conformance.trace.event import NO_PRELUDE, Event, Refusal
from conformance.wire.ends.framing import Framing
from conformance.wire.handshake import HandshakeRefused
from spec.dialect.dialect import NUMBER, Dialect, Stage

SHOWN = 200
"""How many characters are shown of what came in the place of a prelude."""


class Prelude:
    """How far the prelude of one connection got.

    What the server says is taken in the order of the dialect, and as soon as it comes: a server
    that greets does not wait for what the client says first. What may be left out is waited for
    nowhere, and known whenever it comes.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._left = list(dialect.prelude)
        self._known: dict[str, Any] = {}
        self._asked: dict[str, Any] = {}
        self.other = ""
        """The last text that came while the prelude went on, and is no part of it."""

    @property
    def awaited(self) -> Stage | None:
        """What has to come next, from either side; None when the prelude is over."""
        return next((each for each in self._left if not each.optional), None)

    @property
    def has_number(self) -> bool:
        """Whether what the client has to say next takes a number of its own."""
        stage = self.awaited
        return stage is not None and NUMBER in stage.form.said.names and NUMBER not in self._asked

    def takes(self, text: str) -> bool:
        """Whether a text of the server is part of the prelude; then it is taken."""
        if not self._left:
            return False
        value = value_of(text)
        for place, stage in enumerate(self._left):
            if stage.by == "client":
                continue
            holes = stage.form.read(text, value)
            if holes is not None and all(
                str(self._known.get(name, given)) == str(given) for name, given in holes.items()
            ):
                self._asked |= {n: given for n, given in holes.items() if n not in self._known}
                del self._left[place]
                return True
            if not stage.optional:
                break
        if self.awaited is not None:
            self.other = text
        return False

    def said(self, number: int) -> tuple[str, str]:
        """What the client has to say next, and how that is shown: without its secrets."""
        stage = self.awaited
        assert stage is not None
        self._left.remove(stage)
        self._known |= {NUMBER: number, **self._asked}
        self._asked = {}
        shown = self._dialect.say(stage.form, number, self._known, is_shown=True)
        return self._dialect.say(stage.form, number, self._known), shown


class Introduced(Framing):
    """An end of a connection that goes through the prelude of its dialect, where there is one."""

    pinged = 0
    """How many numbers were given away on this connection so far: each message has its own."""

    _prelude: Prelude | None = None

    _answered_at, _loops = -inf, 0
    """When a ping of the server was answered last, and how many in a row came at once then."""

    _owed: tuple[str, ...] = ()
    """The pongs that wait for the end of a message of several frames: nothing may come amid it."""

    async def introduced(self, patience: float) -> None:
        """Go through the prelude, and wait for each message of the server for `patience` (seconds).

        Raises HandshakeRefused when it does not come about.
        """
        dialect = self.recorder.heading.dialect
        if not dialect.prelude:
            return
        prelude = self._begun
        while (stage := prelude.awaited) is not None:
            if not self.is_open:
                raise self._failed(stage)
            if stage.by == "client":
                self._say_first(prelude)
                continue
            await self._until(
                lambda stage=stage: prelude.awaited is not stage or self.over,  # type: ignore[misc]
                self._clock.now() + patience,
            )
            if prelude.awaited is stage:
                raise self._failed(stage)

    @property
    def _begun(self) -> Prelude:
        """The prelude, from its first message on."""
        if self._prelude is None:
            self._prelude = Prelude(self.recorder.heading.dialect)
        return self._prelude

    def _say_first(self, prelude: Prelude) -> None:
        earliest = self._clock.now()
        self.pinged += prelude.has_number
        text, shown = prelude.said(self.pinged)
        data = text.encode()
        self._quota.asked(len(data))
        self._protocol.send_text(data)
        self._write()
        latest = self._clock.now()
        self._note("said_first", earliest, latest, shown)
        self._is_ready(prelude, earliest, latest)

    def _message(self, opcode: WireOpcode, data: bytes, earliest: float, latest: float) -> None:
        dialect = self.recorder.heading.dialect
        if self._request is None or opcode is not WireOpcode.TEXT:
            super()._message(opcode, data, earliest, latest)
            return
        if dialect.prelude:
            text, prelude = data.decode(errors="replace"), self._begun
            was_over = prelude.awaited is None
            if prelude.takes(text):
                self._note("heard_first", earliest, latest, text)
                if not was_over:
                    self._is_ready(prelude, earliest, latest)
                return
        pings = self.heard.pings
        super()._message(opcode, data, earliest, latest)
        if self.heard.pings > pings and dialect.answers_beats and self.is_open:
            self._answer_beat(dialect.say_pong(self.heard.asked), latest)

    def _answer_beat(self, pong: str, earliest: float) -> None:
        """Answer a ping of the server, as a client has to, unless that never ends."""
        is_at_once = earliest - self._answered_at <= AT_ONCE
        self._loops = self._loops + 1 if is_at_once else 0
        if self._loops > LOOP:
            return
        self._answered_at = earliest
        if self.has_begun and not self.is_amid_frame:
            self._owed += (pong,)
        else:
            self._say_pong(pong, earliest)

    def _say_pong(self, pong: str, earliest: float) -> None:
        self._protocol.send_text(pong.encode())
        self._write()
        self.recorder.record(self.number, earliest, self._clock.now(), "sent", "text", pong)

    def _put_part(self, data: bytes, *, is_text: bool, is_last: bool = False) -> None:
        super()._put_part(data, is_text=is_text, is_last=is_last)
        if is_last:
            owed, self._owed = self._owed, ()
            for pong in owed:
                self._say_pong(pong, self._clock.now())

    def _is_ready(self, prelude: Prelude, earliest: float, latest: float) -> None:
        if prelude.awaited is None:
            self._begin(self.recorder.record(self.number, earliest, latest, "ready"))

    def _note(self, kind: Any, earliest: float, latest: float, text: str) -> None:
        record = self.recorder.record
        self._begin(record(self.number, earliest, latest, kind, "text", text))

    def _failed(self, stage: Stage) -> HandshakeRefused:
        """The prelude did not come about: the connection counts as one that was refused."""
        other = self._prelude.other if self._prelude is not None else ""
        came = self._came(self.recorder.events)
        other = redacted(other, self.recorder.secrets)
        told = [f"{other[:SHOWN]}{'...' if len(other) > SHOWN else ''}"] if other else []
        told += [came] if came else [] if other else ["nothing"]
        self._refuse(
            Refusal(
                None,
                f"{NO_PRELUDE} in the place of the {stage.by}'s {stage.form.said.text}"
                f" came {', then '.join(told)}",
            )
        )
        assert self._refusal is not None
        self.abort()
        return HandshakeRefused(self._refusal)

    def _came(self, events: Sequence[Event]) -> str:
        """How the server ended the connection, in words; empty where it did not."""
        own = (e for e in reversed(events) if e.connection == self.number)
        ends = (e for e in own if e.opcode == "close" or e.kind in ("ended", "broken"))
        return next((str(each.content) for each in ends), "")
