"""The probe: is there a server at all, and does it answer anything?"""

from __future__ import annotations

from dataclasses import dataclass

from .report.printable import printable
from .wire.dial import Dial
from .wire.peer import HandshakeRefused

PONG = '"pong"'
TOKEN = "wsbeat-probe"


class Unreachable(Exception):
    """No WebSocket connection to the target came about; the text says in a sentence why."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a server answers: pings with something like a pong, business with something like it."""

    pong: bool
    echo: bool

    @property
    def any(self) -> bool:
        return self.pong or self.echo


async def probe(dial: Dial) -> Answers:
    """Connect, ping and say something; raises Unreachable when there is no connection.

    A server that answers nothing takes as long as `Dial.patience`.
    """
    try:
        async with dial() as peer:
            by = dial.after(dial.patience)
            await peer.ping()
            pong = await peer.hear(PONG, by)
            await peer.say(f'{{"probe":"{TOKEN}"}}')
            return Answers(pong, echo=await peer.hear(TOKEN, by))
    except HandshakeRefused as refused:
        shown, detail = printable(dial.target.shown), printable(refused.refusal.detail)
        raise Unreachable(f"No WebSocket connection to {shown}: {detail}.") from None
