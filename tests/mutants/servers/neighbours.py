"""Servers whose connections disturb each other, or end badly."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from websockets.frames import Frame, Opcode

from tests.mutants.behaviour import Behaviour, Close, Conversation, Drop, House, Later
from tests.mutants.compliant import PONG, deadline, echo_text
from tests.mutants.mutant import mutant

Turn: TypeAlias = Callable[[Conversation], AbstractAsyncContextManager[object]]
Wait: TypeAlias = Callable[[Conversation], Awaitable[None]]

A_SECOND = {"S-REPLY-SOON": "it waits for a second, which a reply may take there"}

CROWD = 50
PLACES = 400
MANY_PLACES = 200  # more than are reset in a crowd
AT_A_TIME = 10  # handshakes that are still under way
TOO_BIG = (1009).to_bytes(2, "big")
OFTEN = 0.05  # seconds
QUEUE = 256  # messages


@mutant("S-INDEPENDENT")
def restarts_every_clock_with_any_ping(server: Behaviour) -> Behaviour:
    """A ping on one connection is a sign of life for all of them."""

    def shared(talk: Conversation) -> float | None:
        return deadline(replace(talk, alive=max(talk.alive, talk.house.last_ping)))

    return replace(server, deadline=shared)


@mutant("S-NO-QUEUE")
def closes_one_connection_after_the_other(server: Behaviour) -> Behaviour:
    """A close waits until the one before it was answered, or ten seconds."""
    return replace(server, turn=lambda talk: talk.house.limiter, patience=10.0)


@mutant("S-NO-QUEUE")
def closes_nobody_while_one_reads_nothing(server: Behaviour) -> Behaviour:
    """A close waits until the peer whose turn it is has taken all that was sent to it."""

    @asynccontextmanager
    async def once_all_is_taken(talk: Conversation) -> AsyncIterator[None]:
        async with talk.house.limiter:
            while talk.backlog():  # noqa: ASYNC110 - nothing tells when a transport has written all
                await asyncio.sleep(OFTEN)
            yield

    return replace(server, turn=once_all_is_taken)


@mutant("S-NO-QUEUE")
def closes_nobody_while_the_queue_of_one_is_full(server: Behaviour) -> Behaviour:
    """What is said waits in a queue of 256 messages, and a close until there is room in it."""
    waiting = Counter[int]()

    @asynccontextmanager
    async def counted(talk: Conversation) -> AsyncIterator[None]:
        waiting[id(talk)] += 1
        try:
            yield
        finally:
            waiting[id(talk)] -= 1

    @asynccontextmanager
    async def once_there_is_room(talk: Conversation) -> AsyncIterator[None]:
        async with talk.house.limiter:
            while waiting[id(talk)] >= QUEUE:  # noqa: ASYNC110 - as above
                await asyncio.sleep(OFTEN)
        yield

    return replace(
        server,
        pong=lambda talk: [Later(0.0, PONG)],
        echo=lambda talk, data: [Later(0.0, echo_text(data))],
        speech=counted,
        turn=once_there_is_room,
    )


@mutant("S-REPLY-SOON")
def speaks_to_one_after_the_other(server: Behaviour) -> Behaviour:
    """A message waits until the one before it was taken, on whatever connection that was."""
    return replace(server, speech=lambda talk: talk.house.limiter)


def _after(waits: Wait) -> Turn:
    """What is done only when something has been waited for."""

    @asynccontextmanager
    async def afterwards(talk: Conversation) -> AsyncIterator[None]:
        await waits(talk)
        yield

    return afterwards


def _closes() -> tuple[Turn, Wait]:
    """What counts the closes that wait for their answers, and what waits until there is none."""
    closing, calm = [0], asyncio.Condition()

    @asynccontextmanager
    async def counted(_: Conversation) -> AsyncIterator[None]:
        closing[0] += 1
        try:
            yield
        finally:
            closing[0] -= 1
            async with calm:
                calm.notify_all()

    async def none_waits(_: Conversation) -> None:
        async with calm:
            await calm.wait_for(lambda: not closing[0])

    return counted, none_waits


@mutant("S-REPLY-SOON", at_production=A_SECOND)
def says_nothing_while_a_close_waits_for_its_answer(server: Behaviour) -> Behaviour:
    """All replies wait while a peer leaves the heartbeat close unanswered."""
    counted, none_waits = _closes()
    return replace(server, turn=counted, speech=_after(none_waits))


@mutant("S-REPLY-SOON", at_production=A_SECOND)
def answers_nobody_who_comes_while_a_close_waits_for_its_answer(server: Behaviour) -> Behaviour:
    """Whoever connects while a peer leaves the heartbeat close unanswered is listed after that."""
    counted, none_waits = _closes()
    listed = dict[int, Conversation]()

    async def is_listed(talk: Conversation) -> None:
        if id(talk) not in listed:
            await none_waits(talk)
            listed[id(talk)] = talk

    return replace(server, turn=counted, speech=_after(is_listed))


@mutant(
    "S-SURVIVE",
    also={"S-TIMEOUT-LATEST": "what is silent meanwhile, on other connections, stays open too"},
)
def checks_no_more_after_a_crowd_was_reset(server: Behaviour) -> Behaviour:
    """Once fifty connections have ended without a Close, silent ones stay open."""

    def while_few_were_reset(talk: Conversation) -> float | None:
        return deadline(talk) if talk.house.resets < CROWD else None

    return replace(server, deadline=while_few_were_reset)


@mutant("S-SURVIVE")
def gives_no_place_back_after_a_reset(server: Behaviour) -> Behaviour:
    """Of many places several are gone with each connection that was reset: then all get 503."""
    return replace(server, is_full=lambda house: house.open + 8 * house.resets >= PLACES)


@mutant("S-SURVIVE", places=250)
def gives_no_place_back_of_as_many_as_it_was_said_to_have(server: Behaviour) -> Behaviour:
    """Of two hundred places one is gone with each connection that was reset, once all were."""
    return replace(server, is_full=lambda house: house.open + house.resets >= MANY_PLACES)


@mutant("S-SURVIVE")
def gives_no_place_back_after_an_aborted_handshake(server: Behaviour) -> Behaviour:
    """Of many places several are gone with each handshake that was not ended: then all get 503."""

    def is_full(house: House) -> bool:
        lost = house.accepted - house.served - 1
        return house.open + 20 * max(0, lost - AT_A_TIME) >= PLACES

    return replace(server, is_full=is_full)


@mutant("S-DROP")
def waits_a_minute_for_the_answer_to_its_close(server: Behaviour) -> Behaviour:
    """A client that does not answer the Close keeps its TCP connection for a minute."""
    return replace(server, patience=60.0)


@mutant("S-DROP")
def waits_a_few_seconds_too_long_for_the_answer_to_its_close(server: Behaviour) -> Behaviour:
    """A client that does not answer the Close keeps its TCP connection for a quarter minute."""
    return replace(server, patience=15.0)


@mutant("S-HANG-UP")
def keeps_the_connections_of_those_who_closed(server: Behaviour) -> Behaviour:
    """The TCP connection of a client that closed first is left to the client."""
    return replace(server, lingers=lambda client_first: client_first)


@mutant("S-HANG-UP")
def keeps_the_connections_that_it_closed(server: Behaviour) -> Behaviour:
    """The TCP connection is left to the client that answered the heartbeat close."""
    return replace(server, lingers=lambda client_first: not client_first)


@mutant("S-GOING-AWAY")
def goes_away_with_1000(server: Behaviour) -> Behaviour:
    """A server that shuts down says that all is done."""
    return replace(server, goodbye=Close(1000))


@mutant("S-GOING-AWAY")
def hangs_up_when_it_goes_away(server: Behaviour) -> Behaviour:
    """A server that shuts down ends its connections without a Close."""
    return replace(server, goodbye=Drop())


@mutant("S-CONTROL")
def answers_control_pings_with_an_empty_pong(server: Behaviour) -> Behaviour:
    """The payload of a control Ping does not come back."""

    def emptied(frame: Frame) -> Frame:
        return replace(frame, data=b"") if frame.opcode is Opcode.PONG else frame

    return replace(server, frame=emptied)


@mutant("S-CONTROL")
def overlooks_a_control_ping_without_a_payload(server: Behaviour) -> Behaviour:
    """An empty control Ping gets no Pong; it is asked something itself instead."""

    def asked(frame: Frame) -> Frame:
        is_empty = frame.opcode is Opcode.PONG and not frame.data
        return replace(frame, opcode=Opcode.PING) if is_empty else frame

    return replace(server, frame=asked)


@mutant("S-CONTROL")
def hangs_up_on_a_close(server: Behaviour) -> Behaviour:
    """The Close of a client is followed by the end of the TCP connection, without an answer."""

    return replace(server, answer=lambda answer: replace(answer, opcode=Opcode.PONG, data=b""))


@mutant("S-CONTROL")
def answers_the_close_of_an_application_with_1000(server: Behaviour) -> Behaviour:
    """A Close with a code of 3000 or above is answered with 1000."""

    def normal(frame: Frame) -> Frame:
        is_usual = bytes(frame.data[:2]) < (3000).to_bytes(2, "big")
        return frame if is_usual else replace(frame, data=(1000).to_bytes(2, "big"))

    return replace(server, answer=normal)


@mutant("S-CONTROL")
def answers_a_client_that_goes_away_with_1000(server: Behaviour) -> Behaviour:
    """A Close with 1001, as browsers send it, is answered with 1000."""
    going_away, normal = (code.to_bytes(2, "big") for code in (1001, 1000))

    def as_usual(frame: Frame) -> Frame:
        return replace(frame, data=normal) if bytes(frame.data) == going_away else frame

    return replace(server, answer=as_usual)
