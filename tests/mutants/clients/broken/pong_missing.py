"""Clients that wait for pongs too long, not long enough, or in the wrong way."""

from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Close, Drop, Life
from tests.mutants.clients.mutant import mutant


@mutant("C-PONG-MISSING")
def never_misses_a_pong(client: Behaviour) -> Behaviour:
    """Goes on pinging a server that does not answer."""
    return replace(client, pong_timeout=lambda _: None)


@mutant("C-PONG-MISSING")
def waits_for_pongs_too_long(client: Behaviour) -> Behaviour:
    """Gives up after twice the time."""
    return replace(client, pong_timeout=lambda life: 2 * life.timing.pong_timeout)


@mutant("C-PONG-MISSING")
def gives_up_a_slow_server(client: Behaviour) -> Behaviour:
    """Gives up after half of the time."""
    return replace(client, pong_timeout=lambda life: life.timing.pong_timeout / 2)


@mutant("C-PONG-MISSING")
def gives_up_with_1000(client: Behaviour) -> Behaviour:
    """Says by its code that all was well."""
    return replace(client, gives_up=Close(1000))


@mutant("C-PONG-MISSING")
def gives_up_without_a_close(client: Behaviour) -> Behaviour:
    """Drops the connection."""
    return replace(client, gives_up=Drop())


@mutant("C-PONG-MISSING")
def waits_for_the_answer_to_its_close(client: Behaviour) -> Behaviour:
    """Comes back only when the closing handshake is over, or has timed out."""
    return replace(client, awaits_handshake=lambda _: 10.0)


@mutant("C-PONG-MISSING")
def waits_for_the_answer_to_its_close_for_a_while(client: Behaviour) -> Behaviour:
    """Drops the connection where its Close had no answer for some time, and only then waits."""
    return replace(client, awaits_handshake=lambda life: 2 * life.timing.heartbeat_interval)


@mutant("C-PONG-MISSING")
def gives_up_too_soon_with_1000(client: Behaviour) -> Behaviour:
    """Waits for three quarters of the time, and says by its code that all was well."""
    return replace(client, pong_timeout=_soon, gives_up=Close(1000))


@mutant("C-PONG-MISSING")
def gives_up_too_soon_without_a_close(client: Behaviour) -> Behaviour:
    """Waits for three quarters of the time, and drops the connection."""
    return replace(client, pong_timeout=_soon, gives_up=Drop())


def _soon(life: Life) -> float:
    return 0.775 * life.timing.pong_timeout
