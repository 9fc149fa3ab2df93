"""Clients that do not come back as they ought to."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Ending, Life
from tests.mutants.clients.compliant import delay
from tests.mutants.clients.mutant import mutant

SEVERAL = 3
NONE_BY_THE_CAP = "an attempt that has not come by the cap counts as none"


@mutant("C-RECONNECT")
def takes_1000_for_a_farewell(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1000."""
    return _but_from(client, lambda ending: ending.code == 1000)


@mutant("C-RECONNECT")
def takes_1001_for_a_farewell(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1001."""
    return _but_from(client, lambda ending: ending.code == 1001)


@mutant("C-RECONNECT")
def gives_up_on_a_fault_of_the_server(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1011."""
    return _but_from(client, lambda ending: ending.code == 1011)


@mutant("C-RECONNECT")
def does_not_wait_for_a_restart(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1012."""
    return _but_from(client, lambda ending: ending.code == 1012)


@mutant("C-RECONNECT")
def takes_a_private_code_for_a_verdict(client: Behaviour) -> Behaviour:
    """Does not come back from a Close with 4000 to 4999."""
    return _but_from(client, lambda ending: 4000 <= (ending.code or 0) < 5000)


@mutant("C-RECONNECT")
def does_not_come_back_from_a_broken_connection(client: Behaviour) -> Behaviour:
    """A connection that ends without a Close is the last one."""
    return _but_from(client, lambda ending: ending.cause == "broke")


@mutant("C-RECONNECT")
def comes_back_only_from_what_broke(client: Behaviour) -> Behaviour:
    """No Close of a server is followed by another attempt."""
    return _but_from(client, lambda ending: ending.cause == "closed")


@mutant("C-RECONNECT")
def takes_a_policy_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1008."""
    return _but_from(client, lambda ending: ending.code == 1008)


@mutant("C-RECONNECT")
def gives_up_on_a_server_that_asks_for_patience(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1013."""
    return _but_from(client, lambda ending: ending.code == 1013)


@mutant("C-RECONNECT")
def gives_up_on_500(client: Behaviour) -> Behaviour:
    """Does not come back from a handshake that was answered with 500."""
    return _but_from(client, lambda ending: ending.status == 500)


@mutant("C-RECONNECT")
def takes_404_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from a handshake that was answered with 404."""
    return _but_from(client, lambda ending: ending.status == 404)


@mutant("C-RECONNECT")
def gives_up_after_the_first_failed_attempt(client: Behaviour) -> Behaviour:
    """Tries to reconnect once, and never again."""
    return _but_after(client, 1)


@mutant("C-RECONNECT")
def gives_up_after_three_failed_attempts(client: Behaviour) -> Behaviour:
    """Tries to reconnect three times, and never again."""
    return _but_after(client, SEVERAL)


@mutant("C-RECONNECT")
def stays_alive_without_coming_back(client: Behaviour) -> Behaviour:
    """After a connection that broke the process goes on, and does nothing any more."""
    forever = 1e6
    return _delayed(client, lambda life, ending: forever if ending.cause == "broke" else None)


@mutant("C-RECONNECT-FLOOR")
def comes_back_at_once(client: Behaviour) -> Behaviour:
    """Attempts to reconnect as soon as the connection has ended."""
    return _delayed(client, lambda life, _: None if life.failures else 0.0)


@mutant("C-RECONNECT-FLOOR")
def comes_back_after_half_the_delay(client: Behaviour) -> Behaviour:
    """Every wait begins with half of the delay."""
    return replace(client, delay=lambda life, ending: delay(life, ending) / 2)


@mutant("C-RECONNECT-FLOOR")
def tries_again_at_once_when_refused(client: Behaviour) -> Behaviour:
    """An attempt that was answered with another status is repeated without delay."""
    return _delayed(client, lambda _, ending: 0.0 if ending.cause == "refused" else None)


@mutant("C-RECONNECT-CEILING")
def takes_its_time_to_come_back(client: Behaviour) -> Behaviour:
    """The first attempt comes after thrice what is allowed, yet sooner than by the cap."""
    return _delayed(client, lambda life, _: None if life.failures else _thrice(life))


@mutant("C-RECONNECT-CEILING")
def backs_off_when_closed_for_want_of_heartbeats(client: Behaviour) -> Behaviour:
    """A Close 1000 is followed by a longer wait than any other end."""
    return _delayed(client, lambda life, ending: _thrice(life) if ending.code == 1000 else None)


@mutant("C-RECONNECT-CEILING")
def takes_its_time_when_the_server_is_overloaded(client: Behaviour) -> Behaviour:
    """A Close 1013 is followed by a longer wait than any other end."""
    return _delayed(client, lambda life, ending: _thrice(life) if ending.code == 1013 else None)


@mutant("C-RECONNECT-CEILING")
def takes_its_time_after_a_code_that_is_seldom_seen(client: Behaviour) -> Behaviour:
    """A Close 1014, of a gateway, is followed by a longer wait than any other end."""
    return _delayed(client, lambda life, ending: _thrice(life) if ending.code == 1014 else None)


@mutant("C-BACKOFF")
def doubles_the_wait_without_end(client: Behaviour) -> Behaviour:
    """The wait grows with every failure, beyond the cap."""

    def doubled(life: Life, _: Ending) -> float:
        return life.timing.reconnect_delay * 1.2 * 2.2**life.failures

    return replace(client, delay=doubled)


@mutant("C-BACKOFF", also={"C-RECONNECT": NONE_BY_THE_CAP})
def waits_very_long_when_refused(client: Behaviour) -> Behaviour:
    """After an attempt that was refused comes a wait of half as much again as the cap."""
    return _delayed(
        client,
        lambda life, ending: 1.5 * life.timing.reconnect_cap if ending.cause == "refused" else None,
    )


@mutant("C-BACKOFF")
def remembers_failures_for_ever(client: Behaviour) -> Behaviour:
    """The wait does not return to the first delay, however long a connection lasted."""
    return replace(client, remembers=lambda life, _: life.failures)


@mutant("C-RECONNECT-SINGLE")
def makes_two_attempts_of_one_loss(client: Behaviour) -> Behaviour:
    """An end is noticed twice, and answered with an attempt each time."""
    return replace(client, twins=lambda *_: (0.0,))


@mutant("C-RECONNECT-SINGLE")
def makes_two_attempts_of_one_failure(client: Behaviour) -> Behaviour:
    """A failure is told as an error and as a close, and each draws a delay of its own."""
    return replace(client, twins=_another_after_a_failure)


@mutant("C-RECONNECT-SINGLE")
def counts_twice_an_attempt_that_was_reset(client: Behaviour) -> Behaviour:
    """A reset is told as an error and as a close, and the second waits for once as long more."""
    return replace(
        client,
        twins=lambda life, ending: (
            (life.timing.reconnect_delay,) if ending.cause == "failed" else ()
        ),
    )


def _another_after_a_failure(life: Life, ending: Ending) -> tuple[float, ...]:
    if ending.cause in ("refused", "failed"):
        return (life.timing.reconnect_jitter / 2,)
    return ()


@mutant("C-RECONNECT-SINGLE")
def opens_a_second_connection_beside_the_first(client: Behaviour) -> Behaviour:
    """There are two connections from the beginning."""
    return replace(client, replaces=lambda life: 0.05 if life.connections == 1 else None)


@mutant("C-RECONNECT-SINGLE")
def opens_another_connection_after_some_pings(client: Behaviour) -> Behaviour:
    """A connection that is well gets another one beside it, and stays open."""
    return replace(client, replaces=lambda life: 2.2 * life.timing.heartbeat_interval)


def _but_from(client: Behaviour, farewell: Callable[[Ending], bool]) -> Behaviour:
    return replace(client, returns=lambda _, ending: not farewell(ending))


def _but_after(client: Behaviour, failures: int) -> Behaviour:
    return replace(client, returns=lambda life, _: life.failures < failures)


def _delayed(client: Behaviour, otherwise: Callable[[Life, Ending], float | None]) -> Behaviour:
    """Change the delay on some occasions; None leaves it as it is."""

    def delayed(life: Life, ending: Ending) -> float:
        changed = otherwise(life, ending)
        return delay(life, ending) if changed is None else changed

    return replace(client, delay=delayed)


def _thrice(life: Life) -> float:
    return 3 * (life.timing.reconnect_delay + life.timing.reconnect_jitter)
