"""Servers that read nothing more of a connection once a message came, and keep it open.

The task that reads has died of it, say, and nobody awaits that. Heartbeats are not seen, either, so
the connection is closed when it is time.
"""

import json
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Conversation, Pause, Reaction
from tests.mutants.compliant import parse
from tests.mutants.mutant import mutant

DEAF = Pause(100_000.0)


@mutant("S-IGNORE-NOT-JSON", manners=("queue", "no echo"))
def falls_deaf_over_text_that_is_not_json(server: Behaviour) -> Behaviour:
    """Text that is not JSON is the last that is read."""
    return replace(server, not_json=lambda text: [DEAF])


@mutant("S-IGNORE-NOT-JSON", manners=("queue",))
def falls_deaf_over_empty_text(server: Behaviour) -> Behaviour:
    """An empty text message is the last that is read."""
    return replace(server, not_json=lambda text: [] if text else [DEAF])


@mutant("S-BINARY", manners=("queue", "no echo"))
def falls_deaf_over_binary(server: Behaviour) -> Behaviour:
    """A binary message is the last that is read."""
    return replace(server, binary=lambda data: [DEAF])


@mutant("S-BINARY", manners=("queue",))
def falls_deaf_over_an_empty_binary_message(server: Behaviour) -> Behaviour:
    """A binary message of no bytes is the last that is read."""
    return replace(server, binary=lambda data: [] if data else [DEAF])


@mutant("S-BEYOND-IJSON", manners=("queue",))
def falls_deaf_over_an_infinite_number(server: Behaviour) -> Behaviour:
    """A message with a number beyond binary64 is the last that is read."""

    def echo(talk: Conversation, value: object) -> Reaction:
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            return [DEAF]
        return server.echo(talk, value)

    return replace(server, parse=lambda text: json.loads(text) if "1e400" in text else parse(text),
                   echo=echo)  # fmt: skip


@mutant("S-ECHO", manners=("queue",))
def falls_deaf_over_an_array(server: Behaviour) -> Behaviour:
    """An array is the last that is read."""

    def echo(talk: Conversation, value: object) -> Reaction:
        return [DEAF] if isinstance(value, list) else server.echo(talk, value)

    return replace(server, echo=echo)
