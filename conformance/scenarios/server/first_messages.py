"""The first things to do to a server: connect, ping, say something, and much of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import spec
from conformance.messages.limits import BURST, UNKNOWN_SUBPROTOCOL, UNKNOWN_SUBPROTOCOLS
from conformance.scenarios.near_pings import near_pings
from conformance.scenarios.scenario import prompt
from conformance.scenarios.spellings import (
    Spelling,
    business,
    is_protocol,
    pings,
    spellings,
    talks,
)
from conformance.scenarios.waits import is_answered
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial
from conformance.wire.server.manner import AS_FIREFOX, BEHIND_A_PROXY, COMPRESSING
from spec.dialect.dialect import Dialect

ALONE = 20


PAIRS = 50


SHORT_AND_LONG = ('{"hello":"world"}', *2 * [f'{{"text":"{"beat " * 800}"}}'])
"""Business messages, the long ones of some 4 KiB, which take a few dozen bytes when compressed."""


BY_ITSELF = 0.15
"""How long (seconds) nothing is said before and after what is said by itself."""


AT_ONCE = 10
"""On how many connections that is done side by side in the protocol, which has many such texts."""


@prompt("S-QUIET")
async def says_nothing(dial: Dial, _: spec.Timing) -> None:
    """Connects and listens, while something is said on other connections."""
    async with dial() as peer:
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-ACCEPT", "S-PONG", "S-PONG-FORM", "S-REPLY-SOON", suits=pings)
async def connects_and_pings(dial: Dial, _: spec.Timing) -> None:
    """Connects without a subprotocol and sends a few pings, each after the pong before it."""
    async with dial() as peer:
        for count in range(1, 4):
            await peer.ping()
            if not await peer.hear_answers(count, by=dial.after(dial.patience)):
                break
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM", "S-REPLY-SOON", suits=is_protocol)
async def says_something(dial: Dial, _: spec.Timing) -> None:
    """Sends a business message and waits for its echo."""
    async with dial() as peer:
        await peer.say('{"hello":"world"}')
        await peer.hear_until(1, by=dial.after(dial.patience))
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-ACCEPT", connections=3, suits=is_protocol)
async def offers_an_unknown_subprotocol(dial: Dial, _: spec.Timing) -> None:
    """Offers a subprotocol that no server can know, then two; another client offers none."""
    offers: Sequence[Sequence[str]] = ([], [UNKNOWN_SUBPROTOCOL], sorted(UNKNOWN_SUBPROTOCOLS))
    await dial.side_by_side(_pings_offering(dial, offered) for offered in offers)


async def _pings_offering(dial: Dial, offered: Sequence[str]) -> None:
    async with dial(subprotocols=offered) as peer:
        await peer.ping()
        await peer.hear_until(1, by=dial.after(dial.patience))


def _pings_or_comes_in(dialect: Dialect) -> bool:
    """Whether a client is answered, or is told by a prelude that it was accepted."""
    return pings(dialect) or bool(dialect.prelude)


@prompt("S-ACCEPT", "S-PONG", "S-ECHO", connections=2, suits=_pings_or_comes_in)
async def offers_compression(dial: Dial, _: spec.Timing) -> None:
    """Offers permessage-deflate as browsers do, twice, and pings and talks by turns.

    What is said a second time is compressed to a look at the first, as the pings are. Each end has
    to remember all that went over its own connection, whatever it was, and nothing of the other.
    """
    compressing = dial.asking(COMPRESSING)
    async with compressing() as peer, compressing() as other:
        texts = SHORT_AND_LONG if is_protocol(dial.target.dialect) and dial.echoes else ()
        if not await is_answered(dial, peer):
            return
        for text in (None, *texts):
            for each in (peer, other):
                owed = each.heard.messages + 1
                if text is not None:
                    await each.say(text)
                    if not await each.hear_until(owed, by=dial.after(dial.patience)):
                        return
                if not await is_answered(dial, each):
                    return
        await peer.watch(by=dial.after(dial.settling))


@prompt("S-ACCEPT", connections=3, suits=_pings_or_comes_in)
async def asks_as_browsers_and_proxies_do(dial: Dial, _: spec.Timing) -> None:
    """Asks for a connection as Firefox does, as proxies do, and plainly, and pings on each."""
    dials = (dial.asking(AS_FIREFOX), dial.asking(BEHIND_A_PROXY), dial)
    await dial.side_by_side(_pings_once(each) for each in dials)


async def _pings_once(dial: Dial) -> None:
    with suppress(HandshakeRefused):
        async with dial() as peer:
            if peer.was_cut_short:
                peer.abort()
            else:
                await is_answered(dial, peer)


def _pings_and_talks(dialect: Dialect) -> bool:
    return pings(dialect) and talks(dialect)


@prompt("S-ORDER", "S-PONG", "S-ECHO", suits=_pings_and_talks)
async def pings_and_talks_by_turns(dial: Dial, _: spec.Timing) -> None:
    """Sends pings and numbered business messages by turns, without waiting for replies."""
    async with dial() as peer:
        said = [text for n in range(PAIRS) for text in (peer.a_ping(), _numbered(dial, n))]
        await peer.say(*said)
        owed = len(said) if dial.target.dialect.is_protocol else PAIRS
        await peer.hear_until(owed, by=dial.after(dial.patience))
        await peer.watch(by=dial.after(dial.settling))


def _are_alike(dialect: Dialect) -> bool:
    """Whether nothing but the time tells which message a pong of a dialect answers.

    Or what resembles a ping ends the connection, so that each needs one of its own.
    """
    if dialect.is_protocol or (dialect.copied and near_pings(dialect)):
        return False
    return pings(dialect) and bool(near_pings(dialect, is_last=True))


@prompt("S-PING-FORM", connections=AT_ONCE, suits=_are_alike, without_echo=True)
async def says_what_resembles_a_ping_by_itself(dial: Dial, _: spec.Timing) -> None:
    """Says what is nearly a ping, each a while after a ping was answered and before the next.

    Where pongs carry no id, only the time tells what they answer. What ends the connection is
    followed by a new one; where nothing could be said on one, there is no point in more.
    """
    dialect = dial.target.dialect
    if dialect.is_protocol:
        near = [each.message for each in spec.vectors() if each.file == "near-pings"]
        await dial.side_by_side(_says_alone(dial, near[n::AT_ONCE]) for n in range(AT_ONCE))
    else:
        await _says_alone(dial, near_pings(dialect, is_last=True))


async def _says_alone(dial: Dial, texts: Sequence[str]) -> None:
    waiting = list(texts)
    while waiting:
        before = len(waiting)
        async with dial() as peer:
            while waiting and await is_answered(dial, peer):
                if await peer.ended(by=dial.after(BY_ITSELF)):
                    break
                if await peer.say(waiting[0]):
                    del waiting[0]
                await peer.ended(by=dial.after(BY_ITSELF))
            if peer.is_open and not waiting:
                await is_answered(dial, peer)
            if len(waiting) == before or peer.is_open:
                return


def _has_other_spellings(dialect: Dialect) -> bool:
    """Whether a ping of another dialect may be spelled in several ways, and its pong is no telling.

    Where there are ids, pings in every spelling are told apart however fast they come.
    """
    is_free = not dialect.is_protocol and dialect.ping.known.is_json and not dialect.copied
    return is_free and pings(dialect)


@prompt("S-PING-FORM", connections=3, suits=_has_other_spellings, without_echo=True)
async def says_pings_in_other_spellings_by_themselves(dial: Dial, _: spec.Timing) -> None:
    """Pings twice plainly, then in another spelling, each once the pong before it has come."""

    async def says(spelled: Spelling) -> None:
        async with dial() as peer:
            if await is_answered(dial, peer) and await is_answered(dial, peer):
                await peer.say(spelled(peer.a_ping()))
                await peer.watch(by=dial.after(dial.settling))

    await dial.side_by_side(says(each) for each in spellings(dial.target.dialect.ping)[1:])


def _numbered(dial: Dial, number: int) -> str:
    """A business message that no other is like."""
    dialect = dial.target.dialect
    own = None if dialect.is_protocol else business(dialect, number)
    return own or f'{{"number":{number}}}'


@prompt("S-BURST", suits=pings)
async def sends_a_burst_of_pings(dial: Dial, _: spec.Timing) -> None:
    """Sends some pings one by one, then 200 at once, and one more where not all were answered."""
    async with dial() as peer:
        by = dial.after(dial.patience)
        for count in range(1, ALONE + 1):
            await peer.ping()
            if not await peer.hear_answers(count, by):
                break
        await peer.say(*[peer.a_ping() for _ in range(BURST)])
        if not await peer.hear_answers(ALONE + BURST, by=dial.after(dial.patience)):
            # What was held up holds up what comes after it; what was lost does not.
            await is_answered(dial, peer)
        await peer.watch(by=dial.after(dial.settling))


PONGS = 3


def _has_idle_pongs(dialect: Dialect) -> bool:
    """Whether a client of another dialect may say pongs that no ping asked for."""
    return dialect.server_pings and dialect.pong is not None and dialect.pong_unasked


@prompt("B-NO-LOOP", suits=_has_idle_pongs)
async def says_pongs_that_nobody_asked_for(dial: Dial, _: spec.Timing) -> None:
    """Says a pong without a ping, several times, and listens whether it is answered."""
    async with dial() as peer:
        for _number in range(PONGS):
            await peer.pong()
            await peer.ended(by=dial.after(dial.settling))
        await peer.ping()
        await peer.watch(by=dial.after(dial.settling))
