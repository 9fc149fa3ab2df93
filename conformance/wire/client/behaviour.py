"""How a client under examination is treated: what its attempts meet with, and its connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from conformance.trace.note import RETRY_AFTER
from conformance.wire.client.manner import PLAINLY, Manner
from conformance.wire.ends.cuts import Cut

Spelled: TypeAlias = Callable[[str], str]
"""Another spelling of a text."""

Parting: TypeAlias = Literal["eof", "reset"]

ENDED = "wsbeat ended the connection without an answer"


@dataclass(frozen=True, slots=True)
class Nonsense:
    """Bytes that are no answer to a handshake, or no frames, which `told` says in words."""

    told: str
    data: bytes


NO_HTTP = Nonsense("wsbeat answered with what is no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n")

OF_ANOTHER = Nonsense(
    "wsbeat answered with a 101 to the key of another",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
)
"""As a cache does that does not know WebSocket; the key is that of RFC 6455 (section 1.3)."""

NOT_UTF_8 = Nonsense("text that is not UTF-8", b"\x81\x02\xc3\x28")

NO_FRAME = Nonsense("a frame with reserved bits", b"\xf3\x01\x00")
"""For both, who hears them has to fail the connection (RFC 6455, sections 5.2 and 8.1)."""

NONSENSE = {each.told: each for each in (NO_HTTP, OF_ANOTHER, NOT_UTF_8, NO_FRAME)}


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
    nonsense: Nonsense | None = None
    """What stands in the place of an answer, before the end."""
    retry_after: str | None = None
    """What a refusal tells the client to wait for, in seconds (RFC 9110, section 10.2.3)."""

    def tells(self, phrase: str = "") -> str:
        """A refusal in words, as a trace has it; `phrase` is that of its status."""
        if self.status is None:
            return ENDED if self.nonsense is None else self.nonsense.told
        asks = "" if self.retry_after is None else f"{RETRY_AFTER}{self.retry_after}"
        return f"HTTP {self.status} {phrase}{asks}"


def refusing(status: int, told: str) -> Reception:
    """The refusal that a trace tells of."""
    _, asks, seconds = told.partition(RETRY_AFTER)
    return Reception(status, retry_after=seconds if asks else None)


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
