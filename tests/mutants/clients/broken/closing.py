"""Clients that do not end as they ought to."""

from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Close, Drop
from tests.mutants.clients.mutant import mutant

LINGERING = 1.1  # seconds; almost two intervals at `fast` timing


@mutant("C-CLOSE-FINAL")
def comes_back_from_its_own_close(client: Behaviour) -> Behaviour:
    """Closes as it ought to, and takes the end of the connection for a loss."""
    return replace(client, revives=lambda life: True)


@mutant("C-CLOSE-FINAL")
def goes_on_pinging_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Keeps the connection and the heartbeat for a while before it closes."""
    return replace(client, lingers=LINGERING)


@mutant("C-CLOSE-ON-EXIT")
def hangs_up_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Ends the connection without a Close."""
    return replace(client, ends=lambda life: Drop())


@mutant("C-CLOSE-ON-EXIT")
def dies_by_the_signal(client: Behaviour) -> Behaviour:
    """Leaves signals to the operating system, which ends the process."""
    return replace(client, dies=True)


@mutant("C-CLOSE-ON-EXIT")
def keeps_the_connection_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Stops its timers, but neither closes nor ends."""
    return replace(client, ends=lambda life: None)


@mutant("C-CLOSE-ON-EXIT")
def closes_with_a_code_that_must_not_be_sent(client: Behaviour) -> Behaviour:
    """The Close has a code that RFC 6455 does not allow on the wire, so that it is none."""
    return replace(client, ends=lambda life: Close(1015))


@mutant("C-CLOSE-ON-EXIT")
def closes_in_order_only_before_a_reconnect(client: Behaviour) -> Behaviour:
    """Ends the connection without a Close where it is not its first."""
    return replace(client, ends=lambda life: client.ends(life) if life.connections == 1 else Drop())


@mutant("C-CLOSE-ON-EXIT")
def closes_only_when_its_queue_is_done(client: Behaviour) -> Behaviour:
    """Says when it is back, never notes that it has said so, and waits for that before it closes.

    The echo to that, which it asked for, may be the last that it was sent.
    """
    return replace(
        client,
        greets=lambda life: ['{"status":"back"}'] if life.connections > 1 else [],
        ends=lambda life: client.ends(life) if life.connections == 1 else None,
    )


@mutant("C-CLOSE-FINAL")
def goes_on_with_an_attempt_when_asked_to_end(client: Behaviour) -> Behaviour:
    """Does not end while it connects, and stays when it is accepted."""
    return replace(client, keeps_attempts=lambda life: True)


@mutant("C-CLOSE-FINAL")
def comes_back_from_its_own_close_for_want_of_a_pong(client: Behaviour) -> Behaviour:
    """Leaves the timer of its pong running when it closes, and comes back when that goes off."""
    return replace(client, revives=lambda life: life.pings > life.pongs)
