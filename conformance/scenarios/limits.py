"""What tries the limits of a server: size, and control frames of every kind."""

from __future__ import annotations

import spec

from ..messages import SIZE
from ..wire.dial import Dial
from .scenario import prompt

EXCESS = 17 * 1024 * 1024
"""More bytes than most servers take; one that declares no limit may take them."""

PAYLOADS = (b"wsbeat", b"", bytes(range(125)))
CLOSES = ((1000, ""), (3000, "wsbeat"), (4999, ""), (None, ""))


@prompt("S-SIZE")
async def sends_texts_of_64_kib(dial: Dial, _: spec.Timing) -> None:
    """Sends a business message and a ping of 65,536 bytes each."""
    async with dial() as peer:
        for count, text in enumerate((_filled('{"text":"', '"}'), _filled(PADDED_PING, '"}')), 1):
            await peer.say(text)
            await peer.hear_until(count, by=dial.after(dial.patience))
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-SIZE")
async def sends_a_text_beyond_the_limit(dial: Dial, _: spec.Timing) -> None:
    """Sends a business message one byte over the declared limit, or else one of 17 MiB."""
    declared = dial.target.max_message
    size = EXCESS if declared is None else declared + 1
    async with dial() as peer:
        await peer.say(_filled('{"text":"', '"}', size))
        await peer.hear_until(1, by=dial.after(dial.patience))


@prompt("S-CONTROL")
async def sends_control_frames(dial: Dial, _: spec.Timing) -> None:
    """Sends control Pings with several payloads, and closes with several codes."""
    for code, reason in CLOSES:
        async with dial() as peer:
            for count, payload in enumerate(PAYLOADS, 1):
                await peer.control_ping(payload)
                if not await peer.hear_pongs(count, by=dial.after(dial.settling)):
                    await peer.watch(by=dial.clock.now())
                    break
            await peer.close(code, reason, by=dial.after(dial.settling))


PADDED_PING = '{"type":"ping","padding":"'


def _filled(head: str, tail: str, size: int = SIZE) -> str:
    """A text of exactly so many bytes between a beginning and an end."""
    return head + "a" * (size - len(head) - len(tail)) + tail
