"""How a client under examination is treated: what its attempts meet with, and its connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from conformance.wire.client.manner import PLAINLY, Manner
from conformance.wire.ends.cuts import Cut

Spelled: TypeAlias = Callable[[str], str]
"""Another spelling of a text."""

Parting: TypeAlias = Literal["eof", "reset"]


@dataclass(frozen=True, slots=True)
class Reception:
    """What a client's attempt to connect meets with.

    A `status` other than 101 refuses it; a 101 is said in a `manner`. Without a status the request
    is not answered: the TCP connection is ended as `parting` says, or, without that either, kept
    waiting.
    """

    status: int | None = 101
    parting: Parting | None = None
    manner: Manner = PLAINLY


@dataclass(slots=True)
class Behaviour:
    """How wsbeat behaves on a connection: what comes of pings, and what is kept from the client.

    `pongs` is the number of pongs for each ping and `slowness` how many seconds they take.
    `echo` answers business messages. `mute` sends nothing by itself, not even an answer to a
    Close or a control Ping. `pings_every` (seconds) is Plan B. `pong` and `ping` say how they are
    written, of one as the dialect has it; `cut` into which frames, and what a control Ping says
    before the last of them, if there is one.
    """

    pongs: int = 1
    slowness: float = 0.0
    echo: bool = True
    mute: bool = False
    pings_every: float | None = None
    pong: Spelled = str
    ping: Spelled = str
    cut: tuple[Cut, bytes | None] | None = None
