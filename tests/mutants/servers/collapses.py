"""Servers on which one connection takes all others along."""

from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Close, Drop, Everybody
from tests.mutants.compliant import REASON, echo
from tests.mutants.mutant import mutant
from tests.mutants.servers.limits import has_surrogate


@mutant("S-SURVIVE", manners=("queue", "no echo"))
def drops_everybody_when_one_is_reset(server: Behaviour) -> Behaviour:
    """A connection that ends without a Close ends all others as well."""
    return replace(server, after_end=lambda reset: [Everybody(Drop())] if reset else [])


@mutant("S-SURVIVE", manners=("queue",))
def fails_everybody_when_one_is_reset(server: Behaviour) -> Behaviour:
    """The same, with a Close that says that the server is at fault."""
    return replace(server, after_end=lambda reset: [Everybody(Close(1011))] if reset else [])


@mutant("S-BINARY", manners=("queue", "no echo"))
def drops_everybody_over_binary(server: Behaviour) -> Behaviour:
    """A binary message ends all connections without a Close."""
    return replace(server, binary=lambda _: [Everybody(Drop())])


@mutant("S-BINARY")
def loses_one_of_three_processes_over_binary(server: Behaviour) -> Behaviour:
    """A binary message ends a third of all connections without a Close."""
    return replace(server, binary=lambda _: [Everybody(Drop(), 3)])


@mutant("S-BINARY", manners=("queue", "no echo"))
def has_a_process_of_four_that_dies_of_binary(server: Behaviour) -> Behaviour:
    """On one of four processes, an older one, a binary message ends all connections of it."""
    return replace(server, binary=lambda _: [Everybody(Drop(), 4, of=1)])


@mutant("S-SURVIVE", manners=("no echo",))
def ends_four_that_share_a_thread_when_one_is_reset(server: Behaviour) -> Behaviour:
    """Connections are served in small groups: with one that is reset the rest of its group ends."""
    return replace(server, after_end=lambda reset: [Everybody(Drop(), 40)] if reset else [])


@mutant("S-SURVIVE")
def loses_one_of_three_processes_when_one_is_reset(server: Behaviour) -> Behaviour:
    """A connection that ends without a Close ends a third of the others as well."""
    return replace(server, after_end=lambda reset: [Everybody(Drop(), 3)] if reset else [])


@mutant("S-BEYOND-IJSON", manners=("queue",))
def restarts_over_a_lone_surrogate(server: Behaviour) -> Behaviour:
    """A string that UTF-8 cannot say ends all connections, with the code of a restart."""
    return replace(
        server,
        echo=lambda talk, data: (
            [Everybody(Close(1012))] if has_surrogate(data) else echo(talk, data)
        ),
    )


@mutant(
    "S-INDEPENDENT",
    also={
        "S-REFRESH": "one that is old enough seems to be closed in spite of its pings",
    },
    manners=("queue",),
)
def closes_everybody_with_one_that_is_due(server: Behaviour) -> Behaviour:
    """When the time of one connection is over, all are closed for want of heartbeats."""
    return replace(server, timeout=lambda _: [Everybody(Close(1000, REASON))])


@mutant(
    "S-INDEPENDENT",
    manners=("queue", "no echo"),
)
def drops_everybody_when_one_leaves(server: Behaviour) -> Behaviour:
    """A connection that ends, however it does, ends all others as well."""
    return replace(server, after_end=lambda _: [Everybody(Drop())])


@mutant("S-INDEPENDENT", manners=("queue", "no echo"))
def drops_everybody_when_one_closes(server: Behaviour) -> Behaviour:
    """A connection that is closed in order ends all others; one that is reset ends alone."""
    return replace(server, after_end=lambda reset: [] if reset else [Everybody(Drop())])


@mutant("S-INDEPENDENT", manners=("no echo",))
def goes_away_from_everybody_when_one_closes(server: Behaviour) -> Behaviour:
    """The same, with a Close that says that the server shuts down."""
    return replace(server, after_end=lambda reset: [] if reset else [Everybody(Close(1001))])


@mutant("S-INDEPENDENT", manners=("queue",))
def dies_behind_a_close_for_size(server: Behaviour) -> Behaviour:
    """A message above its limit is closed with 1009, and nobody handles the error: all others end.

    As Node has it, with an event `error` that nobody listens to.
    """
    return replace(
        server,
        limit=None,
        echo=lambda talk, data: (
            [Close(1009), Everybody(Drop())] if _is_above(data, 2**20) else echo(talk, data)
        ),
    )


def _is_above(data: object, limit: int) -> bool:
    return isinstance(data, dict) and any(len(str(each)) > limit for each in data.values())
