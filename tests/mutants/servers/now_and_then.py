"""Servers that fail at every so many messages, whatever these say."""

from dataclasses import replace

from tests.mutants.behaviour import (
    Action,
    Behaviour,
    Close,
    Conversation,
    Drop,
    Reaction,
)
from tests.mutants.compliant import PONG, echo
from tests.mutants.mutant import mutant

EVERY = 400
"""One of how many messages that are owed a reply is traced, on all connections together."""


@mutant("S-ECHO", manners=("queue",))
def closes_with_1011_at_what_it_traces(server: Behaviour) -> Behaviour:
    """Each 400th message goes through code that fails unless it is a ping."""
    return _tracing(server, Close(1011))


@mutant("S-ECHO")
def hangs_up_at_what_it_traces(server: Behaviour) -> Behaviour:
    """The same, and the connection ends without a Close."""
    return _tracing(server, Drop())


def _tracing(server: Behaviour, fault: Action) -> Behaviour:
    said = [0]

    def is_traced() -> bool:
        said[0] += 1
        return said[0] % EVERY == 0

    def pong(_: Conversation) -> Reaction:
        is_traced()
        return [PONG]

    def traced_echo(talk: Conversation, data: object) -> Reaction:
        return [fault] if is_traced() else echo(talk, data)

    return replace(server, pong=pong, echo=traced_echo)
