"""Clients that fail where an attempt fails, or takes long, or a connection does not last."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Ending, Life
from tests.mutants.clients.compliant import delay
from tests.mutants.clients.mutant import mutant

TWENTY = 20
HUNDRED = 100
AT_ONCE = 0.05  # seconds: shorter than anybody lets a connection stand


@mutant("C-RECONNECT")
def takes_a_first_refusal_for_final(client: Behaviour) -> Behaviour:
    """Comes back from everything, once it was connected, but not before."""
    return _but_from(client, lambda life, ending: life.connections == 0)


@mutant("C-RECONNECT")
def takes_a_lack_of_rights_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from the HTTP statuses 401 and 403."""
    return _but_from(client, lambda life, ending: ending.status in (401, 403))


@mutant("C-RECONNECT")
def takes_a_private_401_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 4401."""
    return _but_from(client, lambda life, ending: ending.code == 4401)


@mutant("C-RECONNECT")
def takes_a_breach_of_the_protocol_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1002."""
    return _but_from(client, lambda life, ending: ending.code == 1002)


@mutant("C-RECONNECT")
def takes_a_1000_without_a_reason_for_a_farewell(client: Behaviour) -> Behaviour:
    """Does not come back from a Close 1000 that says no more."""
    return _but_from(client, lambda life, ending: ending.code == 1000 and not ending.reason)


@mutant("C-RECONNECT")
def takes_the_end_of_a_fresh_connection_for_final(client: Behaviour) -> Behaviour:
    """Does not come back from a connection that ended as soon as it had opened."""
    return _but_from(
        client, lambda life, ending: ending.cause == "broke" and ending.lasted < AT_ONCE
    )


@mutant("C-RECONNECT")
def gives_up_after_twenty_failed_attempts(client: Behaviour) -> Behaviour:
    """Comes back after the same delay each time, as a library does, and not for a 21st time."""
    patient = replace(client, delay=_evenly)
    return _but_from(patient, lambda life, _: life.failures >= TWENTY)


@mutant("C-RECONNECT")
def never_begins_to_count_its_connections_anew(client: Behaviour) -> Behaviour:
    """Allows itself so many connections in its life, however well it fared on any of them."""
    patient = replace(client, delay=_evenly)
    return _but_from(patient, lambda life, _: life.connections >= TWENTY)


@mutant("C-RECONNECT")
def takes_a_reset_behind_a_close_for_a_fault_of_its_own(client: Behaviour) -> Behaviour:
    """Answers a Close, and dies where there is nobody any more to answer."""
    return _but_from(client, lambda life, ending: ending.reset)


@mutant("C-RECONNECT")
def dies_of_a_reason_that_is_not_ascii(client: Behaviour) -> Behaviour:
    """Writes the reason of each Close to a file that takes ASCII alone."""
    return _but_from(client, lambda life, ending: not ending.reason.isascii())


@mutant("C-RECONNECT")
def has_no_room_for_a_long_reason(client: Behaviour) -> Behaviour:
    """Copies the reason of each Close into a hundred bytes."""
    return _but_from(client, lambda life, ending: len(ending.reason.encode()) > HUNDRED)


@mutant("C-RECONNECT")
def dies_of_text_that_is_not_utf_8(client: Behaviour) -> Behaviour:
    """Catches what is raised for a connection that is lost, not what is for text that is none."""
    return _but_from(client, lambda life, ending: ending.failed == 1007)


@mutant("C-RECONNECT")
def dies_of_what_is_no_frame(client: Behaviour) -> Behaviour:
    """Listens to the close of a connection, and not to the error that comes before it."""
    return _but_from(client, lambda life, ending: ending.failed == 1002)


@mutant("C-RECONNECT")
def takes_a_101_of_another_for_final(client: Behaviour) -> Behaviour:
    """Catches what is raised for a refusal, and not what is raised for a key that is wrong."""
    return _but_from(client, lambda life, ending: ending.mistaken == "InvalidHeaderValue")


@mutant("C-RECONNECT")
def takes_what_is_no_http_for_final(client: Behaviour) -> Behaviour:
    """Catches what a socket raises, and what a refusal does, but nothing that a parser does."""
    return _but_from(client, lambda life, ending: ending.mistaken == "InvalidMessage")


@mutant("C-RECONNECT")
def stays_away_for_as_long_as_it_is_told_to(client: Behaviour) -> Behaviour:
    """Obeys the `Retry-After` of a refusal, however long it is."""
    return replace(
        client,
        delay=lambda life, ending: max(client.delay(life, ending), ending.retry_after or 0.0),
    )


@mutant("C-RECONNECT-FLOOR")
def comes_back_as_soon_as_it_is_told_to(client: Behaviour) -> Behaviour:
    """Obeys the `Retry-After` of a refusal, however short it is."""

    def obedient(life: Life, ending: Ending) -> float:
        usual = client.delay(life, ending)
        return usual if ending.retry_after is None else min(usual, ending.retry_after)

    return replace(client, delay=obedient)


@mutant("C-RECONNECT-FLOOR")
def reads_a_date_as_no_number(client: Behaviour) -> Behaviour:
    """Takes the date of a `Retry-After` for a number, and sleeps for `NaN`: not at all."""
    return replace(
        client, delay=lambda life, ending: 0.0 if ending.dated else client.delay(life, ending)
    )


@mutant("C-RECONNECT")
def dies_of_a_date_for_a_number(client: Behaviour) -> Behaviour:
    """Takes the date of a `Retry-After` for a number, and catches nothing that is raised then."""
    return _but_from(client, lambda life, ending: ending.dated)


@mutant("C-RECONNECT-FLOOR")
def tries_again_at_once_until_it_is_connected(client: Behaviour) -> Behaviour:
    """Keeps its delay once it was connected, but not before."""
    return replace(
        client, delay=lambda life, ending: delay(life, ending) if life.connections else 0.0
    )


@mutant("C-RECONNECT-FLOOR")
def comes_back_at_once_over_a_tcp_connection_that_it_kept(client: Behaviour) -> Behaviour:
    """Keeps a TCP connection ready, and asks over it for another as soon as the first is lost."""
    return replace(
        client,
        warms_up=True,
        delay=lambda life, ending: delay(life, ending) if life.failures else 0.0,
    )


@mutant("C-PING-SINGLE")
def starts_a_timer_for_each_failed_attempt(client: Behaviour) -> Behaviour:
    """Pings more often after attempts that failed."""
    return replace(
        client,
        gap=lambda life: (
            life.timing.heartbeat_interval / min(3, 1 + life.attempts - life.connections)
        ),
    )


@mutant("C-RECONNECT-SINGLE")
def makes_another_attempt_beside_a_slow_one(client: Behaviour) -> Behaviour:
    """Does not wait for an answer for longer than it waits before it comes back."""
    return replace(client, impatience=lambda life: life.timing.reconnect_delay)


@mutant("C-RECONNECT-SINGLE")
def forgets_an_attempt_that_got_no_answer(client: Behaviour) -> Behaviour:
    """Makes another one when it has waited for long enough, and drops neither."""
    return replace(
        client,
        impatience=lambda life: life.timing.reconnect_cap,
        answer_timeout=lambda life: None,
    )


@mutant("C-RECONNECT-SINGLE")
def comes_back_again_when_the_old_connection_ends(client: Behaviour) -> Behaviour:
    """Comes back from giving up, and once more when the server has noticed that."""
    return replace(client, minds_late_ends=True)


@mutant("C-BACKOFF")
def waits_half_as_long_again_after_each_failure(client: Behaviour) -> Behaviour:
    """Knows no cap, though it takes some failures to see that."""
    return replace(
        client,
        delay=lambda life, ending: 1.2 * life.timing.reconnect_delay * 1.5**life.failures,
    )


def _evenly(life: Life, _: Ending) -> float:
    return life.timing.reconnect_delay + life.timing.reconnect_jitter / 4


def _but_from(client: Behaviour, final: Callable[[Life, Ending], bool]) -> Behaviour:
    return replace(client, returns=lambda life, ending: not final(life, ending))
