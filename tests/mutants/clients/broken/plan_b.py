"""Clients that do not answer a server that pings as they ought to."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tests.mutants.clients.behaviour import Answer, Behaviour, Later, Life
from tests.mutants.clients.compliant import PONG, is_ping, is_pong
from tests.mutants.clients.mutant import mutant

A_MOMENT = 0.1
"""What comes within it (seconds) counts as one."""


@mutant("B-CLIENT-PONG")
def does_not_answer_pings(client: Behaviour) -> Behaviour:
    """A ping of the server is ignored, as a client of the core may."""
    return replace(client, answers=lambda life, value: [])


@mutant("B-CLIENT-PONG")
def answers_pings_on_its_first_connection_only(client: Behaviour) -> Behaviour:
    """What answers is bound to the connection that was there first."""

    def answers(life: Life, value: object) -> Sequence[Answer]:
        return [PONG] if is_ping(value) and life.connections == 1 else []

    return replace(client, answers=answers)


@mutant("B-CLIENT-PONG")
def answers_pings_twice(client: Behaviour) -> Behaviour:
    """A ping of the server gets two pongs."""
    return _answering(client, PONG, PONG)


@mutant("B-CLIENT-PONG")
def answers_pings_late(client: Behaviour) -> Behaviour:
    """A pong comes long after its deadline, yet before the next ping."""
    return replace(
        client,
        answers=lambda life, value: (
            [Later(0.97 * life.timing.heartbeat_interval, PONG)] if is_ping(value) else []
        ),
    )


@mutant("B-CLIENT-PONG")
def adds_a_member_to_its_pongs(client: Behaviour) -> Behaviour:
    """A pong has a further member."""
    return _answering(client, '{"type":"pong","of":"client"}')


@mutant("B-CLIENT-PONG")
def answers_one_of_several_pings_at_once(client: Behaviour) -> Behaviour:
    """Takes what comes in the same moment for the same ping, and gives all of it one pong."""

    def answers(life: Life, value: object) -> Sequence[Answer]:
        if not is_ping(value):
            return []
        last, life.answered = life.answered, asyncio.get_running_loop().time()
        return [PONG] if life.answered - last > A_MOMENT else []

    return replace(client, answers=answers)


@mutant("B-NO-LOOP")
def answers_pongs(client: Behaviour) -> Behaviour:
    """Whatever is a heartbeat gets a pong."""

    def answers(_: Life, value: object) -> Sequence[Answer]:
        return [PONG] if is_ping(value) or is_pong(value) else []

    return replace(client, answers=answers)


def _answering(client: Behaviour, *pongs: str) -> Behaviour:
    return replace(client, answers=lambda life, value: list(pongs) if is_ping(value) else [])
