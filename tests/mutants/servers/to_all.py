"""Servers that say to all connections what one of them asked for, or nobody did."""

import json
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Everybody, Later
from tests.mutants.compliant import PONG, echo_text
from tests.mutants.mutant import mutant

NOTICE = json.dumps({"type": "notice", "text": "Somebody has come."})
OFTEN = 0.3  # of the timeout
REMINDERS = 3


@mutant(
    "S-QUIET",
    manners=("queue", "no echo"),
    at_production={
        "S-ECHO": "a pong to one that has just left ends a conversation amid what it owes",
    },
)
def sends_every_pong_to_all(server: Behaviour) -> Behaviour:
    """The pong for a ping goes to all connections, that which pinged among them."""
    return replace(server, pong=lambda _: [Everybody(Later(0.0, PONG))])


@mutant("S-QUIET", manners=("queue", "no echo"))
def reminds_everyone_with_pongs(server: Behaviour) -> Behaviour:
    """Pongs come from time to time, whether or not there was a ping."""
    return replace(
        server,
        greeting=lambda talk: [
            Later((1 + number) * OFTEN * talk.timing.heartbeat_timeout, PONG)
            for number in range(REMINDERS)
        ],
    )


@mutant("S-QUIET", manners=("queue", "no echo"))
def tells_all_of_every_newcomer(server: Behaviour) -> Behaviour:
    """All connections are told when one is opened, in a message of the application."""
    return replace(server, greeting=lambda _: [Everybody(Later(0.0, NOTICE))])


@mutant("S-QUIET", manners=("queue",))
def echoes_to_all(server: Behaviour) -> Behaviour:
    """An echo goes to all connections, as in a chat."""
    return replace(server, echo=lambda _, data: [Everybody(Later(0.0, echo_text(data)))])
