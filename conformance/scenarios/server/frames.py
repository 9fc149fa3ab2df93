"""Messages in several frames, and frames in several TCP segments: what they say is what counts."""

from __future__ import annotations

from asyncio import Event, Lock
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import spec
from conformance.messages.limits import SIZE
from conformance.scenarios.scenario import prompt
from conformance.scenarios.server.limits import BUSINESS, filled
from conformance.scenarios.spellings import pings
from conformance.scenarios.step import Step
from conformance.wire.ends.cuts import Cut, halves, hollow, single_bytes
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial

FRAME = 1000
"""How many bytes a frame of a large text has."""


def pieces(data: bytes) -> Sequence[bytes]:
    """Frames of 1000 bytes."""
    return [data[n : n + FRAME] for n in range(0, len(data), FRAME)]


WAYS_TO_CUT: Sequence[tuple[Cut, bytes | None]] = (
    (halves, None), (hollow, None), (single_bytes, None), (halves, b"between"),
)  # fmt: skip
"""How each message is cut, and what a control Ping says before its last frame."""


CUTS: Sequence[tuple[int, ...]] = ((1,), (4,), (2, 9))
"""Behind which bytes the frame of a short text is cut: in its header, in its mask, at both ends."""

LONG_CUTS: Sequence[tuple[int, ...]] = ((3,), (1, 6))
"""The same for one whose length takes two bytes more: in the length, in header and mask."""

TWO_BYTES_LONG = 300
"""How many bytes such a text has."""


BEGUN = '{"begun":'
"""The beginning of a message that does not end."""

OTHERS_IN_PARTS: Sequence[Step] = (
    '{"several":["frames","\u00e9\U0001f493"]}',
    "several frames, and no JSON",
    b'{"type":"ping"}',
)


@prompt(
    "S-PONG", "S-ECHO", "S-SIZE", "S-BINARY", "S-IGNORE-NOT-JSON", "S-CONTROL",
    connections=len(OTHERS_IN_PARTS) + 4, suits=pings,
)  # fmt: skip
async def sends_messages_in_several_frames(dial: Dial, _: spec.Timing) -> None:
    """Sends messages of each kind in two frames, in one byte a frame, around a control Ping.

    Each kind has a connection of its own, and its turn. A message in one frame follows each. At the
    end a ping comes in two frames while a message has begun on another connection. Where one gets
    no answer in time, nothing further is sent.
    """
    turn, unanswered = Lock(), Event()

    async def says(talk: Callable[[Peer], Awaitable[bool]]) -> None:
        async with AsyncExitStack() as stack:
            async with turn:
                if unanswered.is_set():
                    return
                peer = await stack.enter_async_context(dial())
                if not await talk(peer):
                    unanswered.set()
            await peer.watch(by=dial.after(dial.settling))

    def every_cut(said: Step) -> Callable[[Peer], Awaitable[bool]]:
        return lambda peer: _every_cut_is_answered(dial, peer, lambda: said)

    def pings_in_parts(peer: Peer) -> Awaitable[bool]:
        return _every_cut_is_answered(dial, peer, peer.a_ping)

    async def many_pieces(peer: Peer) -> bool:
        text = filled(BUSINESS, '"}', SIZE)
        return await _is_answered(dial, peer, text, pieces, None, is_owed=dial.echoes)

    async def amid_the_message_of_another(peer: Peer) -> bool:
        said = peer.a_ping()
        async with dial() as other:
            await other.begin(BEGUN)
            await other.control_ping(b"read so far")
            await other.hear_pongs(1, by=dial.after(dial.settling))
            return await _is_answered(dial, peer, said, halves, None, is_owed=True)

    others = [] if not dial.target.dialect.is_protocol else [
        *map(every_cut, OTHERS_IN_PARTS), many_pieces
    ]  # fmt: skip
    talks = (pings_in_parts, *others, amid_the_message_of_another)
    await dial.side_by_side([says(talk) for talk in talks])


@prompt("S-PONG", "S-ECHO", suits=pings)
async def sends_frames_in_several_segments(dial: Dial, _: spec.Timing) -> None:
    """Sends pings and business whose frames come in two TCP segments, cut where a header is read.

    They are cut behind the first byte, in the length and in the mask. Each is answered before the
    next is sent; where one is not, nothing further is.
    """
    is_answered = await _is_answered_in_segments(dial, lambda peer: peer.a_ping(), CUTS)
    if is_answered and dial.echoes and dial.target.dialect.is_protocol:
        long = filled(BUSINESS, '"}', TWO_BYTES_LONG)
        if await _is_answered_in_segments(dial, lambda _: '{"in":"segments"}', CUTS):
            await _is_answered_in_segments(dial, lambda _: long, LONG_CUTS)


async def _is_answered_in_segments(
    dial: Dial, saying: Callable[[Peer], str], ways: Sequence[Sequence[int]]
) -> bool:
    """Say something cut in each way; whether each time there was an answer.

    Each has a connection of its own: what else a server says comes while no frame is under way.
    """
    for cuts in ways:
        async with dial() as peer:
            before = peer.heard.messages
            await peer.say_in_segments(saying(peer), cuts)
            if not await peer.hear_until(before + 1, by=dial.after(dial.settling)):
                await peer.watch(by=dial.clock.now())
                return False
    return True


async def _every_cut_is_answered(dial: Dial, peer: Peer, saying: Callable[[], Step]) -> bool:
    heard = await _hears_witness(dial, peer)
    for cut, between in WAYS_TO_CUT:
        if not heard:
            return False
        said = saying()
        is_json = isinstance(said, str) and said.startswith("{")
        is_owed = saying == peer.a_ping or (is_json and dial.echoes)
        heard = await _is_answered(dial, peer, said, cut, between, is_owed=is_owed)
    return heard


async def _is_answered(
    dial: Dial, peer: Peer, said: Step, cut: Cut, between: bytes | None, *, is_owed: bool
) -> bool:
    """Say something in frames, then a witness in one, and wait for what is owed for both."""
    data = said if isinstance(said, bytes) else said.encode()
    before = peer.heard.messages
    pongs = peer.heard.control_pongs + (between is not None)
    await peer.say_in_frames(said, cut(data), between)
    answered = await _hears_witness(dial, peer)
    answered = answered and await peer.hear_until(
        before + 1 + is_owed, by=dial.after(dial.settling)
    )
    return answered and await peer.hear_pongs(pongs, by=dial.after(dial.settling))


async def _hears_witness(dial: Dial, peer: Peer) -> bool:
    """Send a message in one frame, and wait for its reply; with echoes, it is told from others."""
    by, before = dial.after(dial.settling), peer.heard.messages
    if not dial.echoes:
        await peer.ping()
        return await peer.hear_until(before + 1, by)
    token = f"witness-{before}."
    await peer.say(f'{{"frames":"{token}"}}')
    return await peer.hear(token, by)
