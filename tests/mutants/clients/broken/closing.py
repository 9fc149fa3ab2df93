"""Clients that do not end as they ought to."""

from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Close, Drop
from tests.mutants.clients.mutant import mutant

LINGERING = 1.1  # seconds; almost two intervals at `fast` timing


@mutant("C-CLOSE-FINAL")
def comes_back_from_its_own_close(client: Behaviour) -> Behaviour:
    """Closes as it ought to, and takes the end of the connection for a loss."""
    return replace(client, revives=True)


@mutant("C-CLOSE-FINAL")
def goes_on_pinging_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Keeps the connection and the heartbeat for a while before it closes."""
    return replace(client, lingers=LINGERING)


@mutant("C-CLOSE-ON-EXIT")
def hangs_up_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Ends the connection without a Close."""
    return replace(client, ends=Drop())


@mutant("C-CLOSE-ON-EXIT")
def dies_by_the_signal(client: Behaviour) -> Behaviour:
    """Leaves signals to the operating system, which ends the process."""
    return replace(client, dies=True)


@mutant("C-CLOSE-ON-EXIT")
def keeps_the_connection_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Stops its timers, but neither closes nor ends."""
    return replace(client, ends=None)


@mutant("C-CLOSE-ON-EXIT")
def closes_with_a_code_that_must_not_be_sent(client: Behaviour) -> Behaviour:
    """The Close has a code that RFC 6455 does not allow on the wire, so that it is none."""
    return replace(client, ends=Close(1015))
