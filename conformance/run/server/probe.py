"""The probe: is there a server at all, and does it answer anything?"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.messages.json_text import holds
from conformance.targets.printable import printable
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Recorder
from conformance.wire.server.dial import Dial

PONG = '"pong"'


TOKEN = "wsbeat-probe"


SAID = f'{{"probe":"{TOKEN}"}}'


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
            await peer.say(SAID)
            heard = await peer.hear(TOKEN, by)
            return Answers(pong, echo=heard and not _is_parrot(dial.recorder))
    except HandshakeRefused as refused:
        shown, detail = printable(dial.target.shown), printable(refused.refusal.detail)
        raise Unreachable(f"No WebSocket connection to {shown}: {detail}.") from None


def _is_parrot(recorder: Recorder) -> bool:
    """Whether all that came with the token is what was said, and so no answer to it."""
    heard = [event.content for event in recorder.events if event.kind == "received"]
    return all(text == SAID for text in heard if isinstance(text, str) and holds(text, TOKEN))
