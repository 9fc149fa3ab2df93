"""What tries the limits of a server: size, and control frames of every kind."""

from __future__ import annotations

import spec
from conformance.messages.limits import SIZE
from conformance.scenarios.scenario import prompt
from conformance.scenarios.spellings import is_protocol
from conformance.wire.server.dial import Dial

EXCESS = 17 * 1024 * 1024
"""More bytes than most servers take; one that declares no limit may take them."""


LONG_TEXT = 4096
"""How many bytes a text has that is long, and no trial: what is larger is handled like it."""


BUSINESS, PADDED_PING = '{"text":"', '{"type":"ping","padding":"'


TWO_BYTES = "\u00e9"
"""A character of two bytes, which a serializer may say in six."""


SMALL = '{"size":"small"}'


PAYLOADS = (b"wsbeat", b"", bytes(range(125)))


CLOSES = ((1000, ""), (1001, ""), (3000, "wsbeat"), (4999, ""), (None, ""))


@prompt("S-SIZE", "S-ORDER", suits=is_protocol)
async def sends_texts_of_64_kib(dial: Dial, _: spec.Timing) -> None:
    """Sends a business message and a ping of 64 KiB and of 4 KiB each, then small ones around them.

    Those go out at once: a reply that is small overtakes none that is large, nor the other way.
    Some are of characters that take several bytes, and more where a serializer escapes them.
    """
    large, escaped, long = (
        [filled(head, '"}', size, filling) for head in (BUSINESS, PADDED_PING)]
        for size, filling in ((SIZE, "a"), (SIZE, TWO_BYTES), (LONG_TEXT, "a"))
    )
    async with dial() as peer:
        pings = 0
        for count, text in enumerate([*large, peer.a_ping(), *escaped, *long], 1):
            await peer.say(text)
            pings += not text.startswith(BUSINESS)
            by = dial.after(dial.patience)
            # Whether an application answers, nobody knows: what it ignores is not waited for.
            waiting = peer.hear_until(count, by) if dial.echoes else peer.hear_answers(pings, by)
            if not await waiting:
                break
        else:
            around = [text for each in (large, long) for text in (each[0], peer.a_ping(), SMALL)]
            await peer.say(peer.a_ping(), SMALL, *around)
            await peer.hear_until(count + 2 + len(around), by=dial.after(dial.patience))
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-SIZE", connections=2, suits=is_protocol)
async def sends_a_text_beyond_the_limit(dial: Dial, _: spec.Timing) -> None:
    """Sends a business message one byte over the declared limit, or else one of 17 MiB.

    One over a declared limit is sent in characters of two bytes as well, which are fewer than that.
    Beside it another connection is open, which the end of the first is to change nothing for.
    """
    declared = dial.target.max_message
    size = EXCESS if declared is None else declared + 1
    async with dial() as other:
        await other.ping()
        await other.hear_until(1, by=dial.after(dial.patience))
        for filling in ("a",) if declared is None else ("a", TWO_BYTES):
            async with dial() as peer:
                await peer.say(filled(BUSINESS, '"}', size, filling))
                await peer.hear_until(1, by=dial.after(dial.patience))
        await other.watch(by=dial.after(dial.settling))


@prompt("S-CONTROL", connections=len(CLOSES))
async def sends_control_frames(dial: Dial, _: spec.Timing) -> None:
    """Sends control Pings with several payloads, and closes with several codes."""
    await dial.side_by_side(_pings_and_closes(dial, *close) for close in CLOSES)


async def _pings_and_closes(dial: Dial, code: int | None, reason: str) -> None:
    async with dial() as peer:
        for count, payload in enumerate(PAYLOADS, 1):
            asked = dial.clock.now()
            await peer.control_ping(payload)
            if not await peer.hear_pongs(count, by=dial.after(dial.settling)):
                # What waited for a processor is granted as much.
                await peer.watch(by=dial.after(dial.recorder.slack_since(asked)))
                break
        await peer.close(code, reason, by=dial.after(dial.settling))


def filled(head: str, tail: str, size: int = SIZE, filling: str = "a") -> str:
    """A text of exactly so many bytes between a beginning and an end, of as few others."""
    times, rest = divmod(size - len(head) - len(tail), len(filling.encode()))
    # One of 17 MiB is not to be there once more for each of its parts.
    return "".join((head, filling * times, "a" * rest, tail))
