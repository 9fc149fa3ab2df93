"""Clients that wait for too long after failures, or for an answer that does not come."""

from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Ending, Life
from tests.mutants.clients.compliant import delay
from tests.mutants.clients.mutant import mutant

GROWTH = 2.2
TWICE = 2
SHARE = 0.6


@mutant("C-RECONNECT-CEILING")
def backs_off_after_its_first_short_connection(client: Behaviour) -> Behaviour:
    """Waits as after a failure where the first connection did not last."""

    def backs_off(life: Life, ending: Ending) -> float:
        return _backed_off(life, life.failures + 1) if life.failures else delay(life, ending)

    return replace(client, remembers=_counts_short_ones, delay=backs_off)


@mutant("C-RECONNECT-CEILING")
def waits_the_longer_the_longer_it_was_connected(client: Behaviour) -> Behaviour:
    """Waits for a share of what a connection lasted, as who counts from its start by mistake."""

    def grows(life: Life, ending: Ending) -> float:
        share = min(SHARE * ending.lasted, life.timing.reconnect_cap)
        return max(delay(life, ending), share)

    return replace(client, delay=grows)


@mutant("C-BACKOFF")
def doubles_the_wait_after_each_short_connection(client: Behaviour) -> Behaviour:
    """Knows no cap where connections are accepted and ended at once."""

    def doubled(life: Life, ending: Ending) -> float:
        if ending.cause in ("refused", "failed") or life.failures <= 1:
            return delay(life, ending)
        return life.timing.reconnect_delay * 1.2 * GROWTH**life.failures

    return replace(client, remembers=_counts_short_ones, delay=doubled)


@mutant("C-BACKOFF")
def remembers_short_connections_for_ever(client: Behaviour) -> Behaviour:
    """The wait does not return to the first delay once several connections were short."""

    def remembers(life: Life, ending: Ending) -> int:
        return life.failures + (ending.lasted < life.timing.heartbeat_interval)

    def backs_off(life: Life, _: Ending) -> float:
        return _backed_off(life, max(0, life.failures - 1))

    return replace(client, remembers=remembers, delay=backs_off)


@mutant("C-BACKOFF")
def counts_every_end_for_a_failure(client: Behaviour) -> Behaviour:
    """The wait grows with each connection that it loses, and nothing ever makes it short again."""

    def backs_off(life: Life, ending: Ending) -> float:
        was_open = ending.cause not in ("refused", "failed")
        return _backed_off(life, max(0, life.failures - was_open))

    return replace(client, remembers=lambda life, _: life.failures + 1, delay=backs_off)


@mutant("C-ANSWER-MISSING")
def waits_for_an_answer_for_ever(client: Behaviour) -> Behaviour:
    """Never gives up an attempt that the server does not answer."""
    return replace(client, answer_timeout=lambda life: None)


@mutant("C-ANSWER-MISSING")
def waits_for_an_answer_for_twice_the_cap(client: Behaviour) -> Behaviour:
    """Gives an attempt up later than it may, as where a browser has a limit of its own."""
    return replace(client, answer_timeout=lambda life: TWICE * life.timing.reconnect_cap)


def _counts_short_ones(life: Life, ending: Ending) -> int:
    return 0 if ending.lasted >= life.timing.heartbeat_interval else life.failures + 1


def _backed_off(life: Life, failures: int) -> float:
    first = life.timing.reconnect_delay + life.timing.reconnect_jitter / 4
    return min(first * GROWTH**failures, life.timing.reconnect_cap)
