"""Servers that answer a ping once more, a while after they have answered it."""

from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Later
from tests.mutants.compliant import PONG
from tests.mutants.mutant import mutant


@mutant("S-PONG", manners=("queue",))
def pongs_again_after_fifty_milliseconds(server: Behaviour) -> Behaviour:
    """Each pong comes a second time, when others may have been asked for."""
    return replace(server, pong=lambda talk: [PONG, Later(0.05, PONG)])


@mutant("S-PONG")
def pongs_again_within_the_deadline(server: Behaviour) -> Behaviour:
    """Each pong comes a second time after half of the deadline."""
    return replace(server, pong=lambda talk: [PONG, Later(talk.timing.reply_deadline / 2, PONG)])
