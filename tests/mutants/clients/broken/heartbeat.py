"""Clients whose heartbeat goes wrong."""

from collections.abc import Sequence
from dataclasses import replace

from tests.mutants.clients.behaviour import Answer, Behaviour, Later, Life
from tests.mutants.clients.compliant import PING
from tests.mutants.clients.mutant import mutant

PATIENCE = "a client whose next ping waits for the pong cannot give up for want of it as well"


@mutant("C-PING-FORM")
def adds_the_time_to_its_pings(client: Behaviour) -> Behaviour:
    """A ping has a further member."""
    return replace(client, ping=lambda _: '{"type":"ping","at":1700000000}')


@mutant("C-PING-FORM")
def pings_in_binary(client: Behaviour) -> Behaviour:
    """The ping is a binary message."""
    return replace(client, ping=lambda _: PING.encode(), pong_timeout=lambda _: None)


@mutant("C-PING-FORM")
def pings_in_capitals(client: Behaviour) -> Behaviour:
    """The ping has another spelling, so that it is none, and is not missed by the client."""
    return replace(client, ping=lambda _: '{"type":"PING"}', pong_timeout=lambda _: None)


@mutant("C-PING-FORM")
def numbers_every_other_ping(client: Behaviour) -> Behaviour:
    """Only some pings have a further member."""

    def numbered(life: Life) -> str:
        return PING if life.pings % 2 else f'{{"type":"ping","id":{life.pings}}}'

    return replace(client, ping=numbered)


@mutant("C-PING-CADENCE")
def pings_ever_more_slowly(client: Behaviour) -> Behaviour:
    """Each interval is longer than the one before, anew on every connection."""
    return replace(
        client, gap=lambda life: (0.9 + 0.1 * life.pings) * life.timing.heartbeat_interval
    )


@mutant("C-PING-FIRST")
def pings_first_after_two_intervals(client: Behaviour) -> Behaviour:
    """The first ping of every connection is late."""
    return replace(client, first=lambda life: 2 * life.timing.heartbeat_interval)


@mutant("C-PING-FIRST")
def forgets_the_first_ping_after_a_reconnect(client: Behaviour) -> Behaviour:
    """Later connections wait for two intervals before they ping."""

    def first(life: Life) -> float:
        gap = life.timing.heartbeat_interval
        return gap / 2 if life.connections == 1 else 2 * gap

    return replace(client, first=first)


@mutant("C-PING-FIRST")
def waits_to_be_told_that_its_session_goes_on(client: Behaviour) -> Behaviour:
    """Asks for that when it is back, and begins its heartbeat with an answer that never comes."""
    return replace(
        client,
        greets=lambda life: ['{"resume":7}'] if life.connections > 1 else [],
        first=lambda life: None if life.connections > 1 else client.first(life),
    )


@mutant("C-PING-FIRST")
def starts_its_heartbeat_before_it_is_open(client: Behaviour) -> Behaviour:
    """The timer starts with the attempt, and ends with its first tick if nothing is open then."""

    def first(life: Life) -> float | None:
        return None if life.took > life.timing.heartbeat_interval else client.first(life)

    return replace(client, first=first)


@mutant("C-PING-CADENCE")
def pings_half_as_often(client: Behaviour) -> Behaviour:
    """The interval is twice as long."""
    return replace(client, gap=lambda life: 2 * life.timing.heartbeat_interval)


@mutant("C-PING-CADENCE")
def pings_twice_as_often(client: Behaviour) -> Behaviour:
    """The interval is half as long."""
    return replace(client, gap=lambda life: life.timing.heartbeat_interval / 2)


@mutant("C-PING-CADENCE")
def drifts_from_ping_to_ping(client: Behaviour) -> Behaviour:
    """Each interval is longer than the one before by a third, from the first on."""

    def gap(life: Life) -> float:
        return life.timing.heartbeat_interval * (1 + life.pings / 3)

    return replace(client, gap=gap)


@mutant("C-PING-CADENCE")
def pings_once_and_no_more(client: Behaviour) -> Behaviour:
    """The heartbeat ends with the first ping of a connection."""
    return replace(client, gap=lambda life: None)


@mutant("C-PING-ALWAYS")
def pings_twice_as_often_while_somebody_speaks(client: Behaviour) -> Behaviour:
    """The interval is half as long after one in which a message came that is no pong."""

    def gap(life: Life) -> float:
        return life.timing.heartbeat_interval / (2 if life.heard else 1)

    return replace(client, gap=gap)


@mutant("C-PING-ALWAYS")
def pings_only_when_nothing_came(client: Behaviour) -> Behaviour:
    """Every message but a pong starts the wait for the next ping anew."""
    return replace(client, restarts=lambda message: "pong" not in str(message))


@mutant("C-PING-FIRST")
def waits_for_a_greeting_that_never_comes(client: Behaviour) -> Behaviour:
    """Starts its heartbeat when the server says hello, and no server does."""
    return replace(client, first=lambda life: 1e6)


@mutant("C-PING-ALWAYS")
def pings_at_a_tick_if_nothing_came_since_the_last(client: Behaviour) -> Behaviour:
    """Looks at each interval if anything but a pong came in it, and lets the ping be then."""
    return replace(client, skips=lambda life: life.heard > 0)


@mutant("C-PING-ALWAYS")
def pings_in_answer_to_what_it_does_not_know(client: Behaviour) -> Behaviour:
    """Asks at once if all is well, besides its other pings."""

    def asks(life: Life, value: object) -> Sequence[Answer]:
        answers = client.answers(life, value)
        return answers if answers or client.is_pong(value) else (PING,)

    return replace(client, answers=asks)


@mutant("C-PING-ALWAYS")
def lets_a_ping_be_after_business_of_its_own(client: Behaviour) -> Behaviour:
    """Looks at each interval if it sent anything else in it, which is a sign of life as well."""

    def orders(life: Life) -> Sequence[Answer]:
        gap = life.timing.heartbeat_interval
        later = (Later(after * gap, '{"order":17}') for after in (1.8, 4.8))
        return (*client.greets(life), *later)

    return replace(client, greets=orders, skips=lambda life: life.said > 0)


@mutant("C-PING-ALWAYS", also={"C-PONG-MISSING": PATIENCE})
def pings_in_answer_to_pongs(client: Behaviour) -> Behaviour:
    """The wait for the next ping begins with the pong: without one there is no further ping."""
    return replace(client, beats_on_pongs=True, pong_timeout=lambda _: None)


@mutant("C-PING-SINGLE")
def keeps_the_timers_of_old_connections(client: Behaviour) -> Behaviour:
    """A timer is started with every connection, and stopped with none."""
    return replace(client, stops_timers=False)


@mutant("C-PING-SINGLE")
def pings_faster_with_every_reconnect(client: Behaviour) -> Behaviour:
    """As if there were as many timers as there were connections."""
    return replace(
        client, gap=lambda life: life.timing.heartbeat_interval / min(4, life.connections)
    )
