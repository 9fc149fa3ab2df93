"""What a server does on each occasion, as a value: the part of it that a mutant changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import time
from typing import Literal, TypeAlias

from websockets.extensions import Extension
from websockets.frames import Frame
from websockets.http11 import Request

from spec import Timing


def now() -> float:
    """The time of the event loop, in seconds: the monotonic clock, or a virtual one."""
    return asyncio.get_running_loop().time()


Traffic: TypeAlias = Literal[
    "ping", "pong", "business", "not JSON", "binary", "control", "control pong", "fragment"
]
"""What came: a message, a frame of one that has not ended, or a control Ping or Pong."""


@dataclass(frozen=True)
class Close:
    """End the connection with a Close frame."""

    code: int
    reason: str = ""


@dataclass(frozen=True)
class Drop:
    """End the connection without a Close frame."""


@dataclass(frozen=True)
class Later:
    """Send a text, or a Close, after so many seconds, while the conversation goes on."""

    seconds: float
    said: str | Close


@dataclass(frozen=True)
class Pause:
    """Do nothing for so many seconds, whatever comes on the connection."""

    seconds: float


@dataclass(frozen=True)
class Everybody:
    """Do the same on all connections of the server, or of one of so many processes of it.

    Where only one of them does so at all, ``of`` is its number.
    """

    action: Close | Drop | Later
    processes: int = 1
    of: int | None = None


Action: TypeAlias = str | bytes | Close | Drop | Later | Pause | Everybody
Reaction: TypeAlias = Sequence[Action]
"""What is done about one message, in this order; texts and bytes are sent."""


@dataclass
class House:
    """What the connections of one server have in common; a compliant server uses none of it.

    ``accepted`` are the TCP connections, ``served`` those whose handshake came about,
    and ``came`` the number of the last of them, by which they are spread over processes.
    """

    last_ping: float = 0.0
    accepted: int = 0
    served: int = 0
    open: int = 0
    resets: int = 0
    limiter: asyncio.Lock = field(default_factory=asyncio.Lock)
    came: int = 0
    guests: dict[int, Callable[[Reaction], Awaitable[None]]] = field(default_factory=dict)
    wall_clock_ahead: float = field(default_factory=lambda: time() - now())


@dataclass
class Conversation:
    """What a server knows of one connection; times are monotonic, in seconds.

    ``declared`` are the capabilities that the server was started with. Under Plan B, ``beats`` are
    the pings that it sent, the last of them at ``beaten``, and ``pongs`` those that came.
    ``spoken`` is when the last message came, and ``ponged`` when the last of the pongs.
    ``backlog`` tells how many bytes wait to be taken by the peer.
    """

    timing: Timing
    house: House
    declared: frozenset[str] = frozenset()
    opened: float = field(default_factory=now)
    alive: float = field(default_factory=now)
    heard: float = field(default_factory=now)
    spoken: float = field(default_factory=now)
    ponged: float = field(default_factory=now)
    pings: int = 0
    pings_in_a_row: int = 0
    pongs: int = 0
    beats: int = 0
    beaten: float = field(default_factory=now)
    backlog: Callable[[], int] = lambda: 0


@dataclass(frozen=True)
class Behaviour:
    """What a server does on each occasion.

    ``understands`` gets the request of the handshake; ``refuses`` and ``subprotocol`` get what the
    client offers, in the handshake, and ``extension`` which extensions, to say which the 101 has;
    ``compresses`` makes what compresses on a connection whose client offers that;
    ``is_full`` says whether it gets a 503. The others are about an open connection. ``parse``
    raises ``ValueError`` for what is not JSON; where ``data`` or ``echo`` raise it, or
    ``RecursionError``, there is no reply. ``deadline`` says when the clock of a connection runs
    out, and ``turn`` is held while it is closed for that, ``speech`` while something is said on it.
    Under Plan B ``is_pong`` knows the answers of the client, ``next_beat`` says when the next ping
    is due, ``beat`` what it is, and ``after_pong`` what a pong of the client is answered with.
    ``answer`` sees the Close that answers one of the client before it is sent, ``frame`` every
    frame, and ``behind`` adds others to it; ``late`` says what a frame is answered with that comes
    behind the server's own Close. ``hears`` gets every frame that comes, and whether it is in the
    middle of a message, and says what becomes of it. ``torn`` gets a TCP segment that ends in the
    header of its first frame, and says what is read of it. ``after_end`` gets whether a connection
    ended without a Close, and says what is done then. ``patience`` is how many seconds a peer has
    to answer a Close, ``limit`` how many bytes a message may have, ``goodbye`` what a server that
    goes away says, and ``keepalive`` how many
    seconds lie between its own control Pings; who leaves one unanswered for ``gives_up`` seconds is
    closed with 1011. ``lingers`` gets whether the client closed first, and says whether the TCP
    connection is left to it afterwards.
    """

    understands: Callable[[Request], bool]
    refuses: Callable[[Sequence[str]], bool]
    is_full: Callable[[House], bool]
    subprotocol: Callable[[Sequence[str]], str | None]
    extension: Callable[[str], str]
    compresses: Callable[[], Extension] | None
    greeting: Callable[[Conversation], Reaction]
    parse: Callable[[str], object]
    is_ping: Callable[[object, str], bool]
    is_pong: Callable[[object], bool]
    pong: Callable[[Conversation], Reaction]
    data: Callable[[object], object]
    echo: Callable[[Conversation, object], Reaction]
    not_json: Callable[[str], Reaction]
    binary: Callable[[bytes], Reaction]
    refreshes: Callable[[Conversation, Traffic], bool]
    deadline: Callable[[Conversation], float | None]
    timeout: Callable[[Conversation], Reaction]
    turn: Callable[[Conversation], AbstractAsyncContextManager[object]]
    speech: Callable[[Conversation], AbstractAsyncContextManager[object]]
    next_beat: Callable[[Conversation], float | None]
    beat: Callable[[Conversation], Reaction]
    after_pong: Callable[[Conversation], Reaction]
    answer: Callable[[Frame], Frame]
    frame: Callable[[Frame], Frame]
    after_end: Callable[[bool], Reaction]
    behind: Callable[[Frame], Sequence[Frame]]
    late: Callable[[Frame], Sequence[Frame]]
    hears: Callable[[Frame, bool], Frame | Close | None]
    torn: Callable[[bytes], bytes]
    goodbye: Close | Drop
    patience: float
    lingers: Callable[[bool], bool]
    limit: int | None
    keepalive: float | None
    gives_up: float | None
