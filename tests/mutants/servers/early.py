"""Servers that hang up early: not as a heartbeat does, and for nothing that was said."""

from dataclasses import replace

from tests.mutants.behaviour import Action, Behaviour, Close, Drop
from tests.mutants.mutant import mutant

LIFETIME = 0.95  # of the timeout


@mutant("S-TIMEOUT-EARLIEST", manners=("queue", "no echo"))
def drops_every_connection_after_a_while(server: Behaviour) -> Behaviour:
    """A connection has a lifetime, whatever comes on it, and is dropped when it is over."""
    return _mortal(server, Drop())


@mutant("S-TIMEOUT-EARLIEST", manners=("queue",))
def restarts_every_connection_after_a_while(server: Behaviour) -> Behaviour:
    """The same, and a Close says that the server will be back."""
    return _mortal(server, Close(1012))


@mutant("S-TIMEOUT-EARLIEST", manners=("queue",))
def closes_every_connection_at_a_certain_age(server: Behaviour) -> Behaviour:
    """The same, and a Close of the application says so."""
    return _mortal(server, Close(4000, "maximum age"))


@mutant("S-TIMEOUT-EARLIEST", manners=("queue", "no echo"))
def fails_on_every_connection_after_a_while(server: Behaviour) -> Behaviour:
    """The same, and a Close says that the server is at fault."""
    return _mortal(server, Close(1011))


def _mortal(server: Behaviour, end: Action) -> Behaviour:
    return replace(
        server,
        deadline=lambda talk: talk.opened + LIFETIME * talk.timing.heartbeat_timeout,
        timeout=lambda _: [end],
    )
