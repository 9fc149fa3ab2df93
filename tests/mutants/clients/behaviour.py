"""What a client does on each occasion, as a value: the part of it that a mutant changes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from websockets.asyncio.client import ClientConnection

from spec import Timing

Cause: TypeAlias = Literal["closed", "broke", "refused", "failed", "gave up", "left"]

State: TypeAlias = Literal["connecting", "open", "closing", "waiting"]
"""What a client is at; it is closing from the first Close to the end of TCP."""


@dataclass(frozen=True)
class Close:
    """End the connection with a Close frame; without a code it is empty."""

    code: int | None = 1000
    reason: str = ""


@dataclass(frozen=True)
class Drop:
    """End the connection without a Close frame."""


@dataclass(frozen=True)
class Later:
    """Send a text after so many seconds."""

    seconds: float
    text: str


class Frozen(Exception):
    """Raised in place of reading a message: from now on nothing of the client moves."""


class Deaf(Exception):
    """Raised in place of reading a message: nothing is received any more, and the rest goes on."""


LatePong: TypeAlias = Literal["revives", "counts"]
"""What a pong does on a connection that was given up: takes that back, or counts for the next."""

Way: TypeAlias = Close | Drop
Answer: TypeAlias = str | bytes | Later | Way


@dataclass(frozen=True)
class Ending:
    """How a connection, or an attempt, came to its end.

    ``code`` and ``reason`` are those of the server's Close, ``status`` that of HTTP. ``lasted``
    is seconds. ``unheard`` is whether nobody listened, ``unanswered`` whether nobody answered.
    ``retry_after`` is for how many seconds a refusal asked it to wait, ``dated`` whether it named a
    date instead. ``mistaken`` is the name of what is raised for an answer that is no handshake, and
    ``reset`` whether a reset was behind a Close. ``failed`` is the code with which it failed a
    connection that was no WebSocket any more.
    """

    cause: Cause
    code: int | None = None
    reason: str = ""
    status: int | None = None
    lasted: float = 0.0
    unheard: bool = False
    unanswered: bool = False
    retry_after: float | None = None
    dated: bool = False
    mistaken: str = ""
    reset: bool = False
    failed: int | None = None


@dataclass
class Life:
    """What a client knows of itself.

    ``connections`` and ``attempts`` are how many there were, ``failures`` how many attempts in a
    row failed; ``pings`` and ``pongs`` are those of the present connection. ``lost`` is how the
    latest connection, or attempt, came to its end, ``took`` how long (seconds) it took to open the
    present one, ``due`` when (in the time of the loop) the next attempt is, ``given_up`` how often
    a pong was missing, ``heard`` how many messages but pongs came since the last tick, ``said``
    how many it sent ``Later``, of its own accord, ``answered`` when (in the time of the loop) a
    ping came last, for who cares, and ``fetches`` whether it waits for an answer by plain HTTP.
    """

    timing: Timing
    connections: int = 0
    attempts: int = 0
    failures: int = 0
    pings: int = 0
    pongs: int = 0
    state: State = "connecting"
    lost: Ending | None = None
    given_up: int = 0
    heard: int = 0
    said: int = 0
    took: float = 0.0
    due: float = 0.0
    answered: float = 0.0
    fetches: bool = False

    def waits_after(self, *causes: Cause) -> bool:
        """Whether it waits to come back from an end of one of these kinds."""
        return self.state == "waiting" and self.lost is not None and self.lost.cause in causes

    @property
    def was_unheard(self) -> bool:
        """Whether nobody listened at the attempt before."""
        return self.lost is not None and self.lost.unheard

    @property
    def was_unanswered(self) -> bool:
        """Whether it gave up the attempt before, for want of an answer."""
        return self.lost is not None and self.lost.unanswered


@dataclass(frozen=True)
class Behaviour:
    """What a client does on each occasion; times are seconds.

    ``first`` and ``gap`` say how long it waits before its first ping, and before each further
    one; ``restarts`` is whether a message starts that wait anew, and ``beats_on_pongs`` whether the
    wait begins only when the pong has come. ``reads`` is how it gets its messages.
    ``parse`` may raise: then the process dies. ``skips`` is whether it lets a ping be.
    ``greets`` is what it says when a connection has opened, and ``spare`` how long it keeps a TCP
    connection that it opened on the chance that it may need it, None for none; ``asks_first`` is
    the path that it fetches by plain HTTP before each attempt. ``pong_timeout`` is how long it
    waits for a pong, None for ever, and ``gives_up`` how it then ends the connection;
    ``awaits_handshake`` is after how long without an answer to that Close it drops the connection,
    and only then prepares to come back, None where it does so at once. ``leaves`` is after how long
    it ends one that is well, and ``replaces`` after how long it opens another one beside it.
    ``returns`` is whether it comes back, ``delay`` after how long, and ``remembers`` how many
    failures it still counts after a connection. ``twins`` is how much later than the next attempt
    it makes others for the same loss, ``takes_in`` what it makes of the bytes that come first, None
    where it drops the connection for them, ``impatience`` after how long it makes another attempt
    beside one that waits, and ``answer_timeout`` after how long it drops that one, None for never.
    ``keeps_pong_timer`` is whether a pong that is missing on one connection ends the next one,
    ``minds_late_pongs`` what one does that comes on a connection that it gave up, if anything,
    ``minds_late_ends`` whether it comes back once more when one that it gave up has ended, and
    ``keeps_attempts`` whether one goes on after it was asked to end. ``ends`` is how it closes when
    it is asked to, None for not at all, and ``lingers`` how long it goes on before it does so;
    ``dies`` is whether it leaves signals to the system, and ``revives`` whether it comes back from
    its own close. ``mourns`` is whether it comes back where that had no answer. ``tls`` gets the
    file of the CAs that it is to trust, or None for those of the system.
    """

    ping: Callable[[Life], str | bytes]
    first: Callable[[Life], float | None]
    gap: Callable[[Life], float | None]
    restarts: Callable[[str | bytes], bool]
    beats_on_pongs: bool
    skips: Callable[[Life], bool]
    stops_timers: bool
    reads: Callable[[ClientConnection], AsyncIterator[str | bytes]]
    parse: Callable[[str | bytes], object]
    is_pong: Callable[[object], bool]
    answers: Callable[[Life, object], Sequence[Answer]]
    greets: Callable[[Life], Sequence[Answer]]
    spare: float | None
    warms_up: bool
    asks_first: str | None
    largest: int
    pong_timeout: Callable[[Life], float | None]
    gives_up: Way
    awaits_handshake: Callable[[Life], float | None]
    leaves: Callable[[Life], float | None]
    leaves_with: Way
    replaces: Callable[[Life], float | None]
    returns: Callable[[Life, Ending], bool]
    delay: Callable[[Life, Ending], float]
    remembers: Callable[[Life, Ending], int]
    takes_in: Callable[[bytes], bytes | None]
    twins: Callable[[Life, Ending], Sequence[float]]
    impatience: Callable[[Life], float | None]
    answer_timeout: Callable[[Life], float | None]
    keeps_pong_timer: bool
    minds_late_ends: bool
    minds_late_pongs: LatePong | None
    keeps_attempts: Callable[[Life], bool]
    ends: Callable[[Life], Way | None]
    lingers: float
    dies: bool
    revives: Callable[[Life], bool]
    mourns: bool
    tls: Callable[[str | None], ssl.SSLContext]
