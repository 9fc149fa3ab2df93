"""Clients that bear each of two things, and not the second one after the first."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Deaf, Drop, Ending, Life
from tests.mutants.clients.compliant import parse
from tests.mutants.clients.mutant import mutant

FOR_EVER = 1e6  # seconds

UNHEARD = "who hears nothing any more, and does not wait for pongs, does not miss one either"


@mutant("C-CLOSE-FINAL")
def keeps_the_timer_of_a_failed_attempt(client: Behaviour) -> Behaviour:
    """Stops the timer that follows a lost connection, but not the one that follows a failure."""
    return replace(client, revives=lambda life: life.waits_after("refused", "failed"))


@mutant("C-CLOSE-FINAL")
def keeps_the_timer_of_an_attempt_that_got_no_answer(client: Behaviour) -> Behaviour:
    """Stops that of a refusal, too, but not the one that follows an attempt that was reset."""
    return replace(client, revives=lambda life: life.waits_after("failed"))


@mutant("C-CLOSE-FINAL")
def keeps_the_timer_of_its_very_first_attempt(client: Behaviour) -> Behaviour:
    """Stops its timers once it was connected, but not before."""
    return replace(client, revives=lambda life: life.state == "waiting" and not life.connections)


@mutant("C-CLOSE-FINAL")
def keeps_the_timer_of_giving_up(client: Behaviour) -> Behaviour:
    """Comes back from its own close when that falls into the wait after a missing pong."""
    return replace(client, revives=lambda life: life.waits_after("gave up"))


@mutant("C-CLOSE-FINAL")
def goes_on_with_what_it_does_before_an_attempt(client: Behaviour) -> Behaviour:
    """Stops its timer, but not what it does when that has fired: it asks for a ticket elsewhere."""

    def prepares(life: Life) -> bool:
        left = life.due - asyncio.get_running_loop().time()
        return life.state == "waiting" and left < life.timing.reconnect_delay / 2

    return replace(client, revives=prepares)


@mutant("C-CLOSE-FINAL")
def goes_on_with_its_very_first_attempt(client: Behaviour) -> Behaviour:
    """Does not end while it connects for the first time, and stays when it is accepted."""
    return replace(client, keeps_attempts=lambda life: not life.connections)


@mutant("C-CLOSE-FINAL")
def connects_with_a_ticket_that_comes_after_its_own_close(client: Behaviour) -> Behaviour:
    """Fetches a ticket before each attempt, and stops its timer, but not the fetch."""
    return replace(client, asks_first="/ticket", keeps_attempts=lambda life: life.fetches)


@mutant("C-CLOSE-FINAL")
def connects_with_its_very_first_ticket_all_the_same(client: Behaviour) -> Behaviour:
    """Stops the fetch, too, once it was connected, but not the first one."""
    return replace(
        client,
        asks_first="/ticket",
        keeps_attempts=lambda life: life.fetches and not life.connections,
    )


@mutant("C-CLOSE-FINAL")
def takes_the_close_of_the_server_for_a_loss_all_the_same(client: Behaviour) -> Behaviour:
    """Comes back from a connection that was closing when it was asked to end."""
    return replace(client, revives=lambda life: life.state == "closing")


@mutant("C-CLOSE-FINAL")
def comes_back_when_its_own_close_is_not_answered(client: Behaviour) -> Behaviour:
    """Takes a connection for lost that ended after its own Close, but without the server's."""
    return replace(client, mourns=True)


@mutant("C-CLOSE-ON-EXIT")
def hangs_up_once_it_had_given_up(client: Behaviour) -> Behaviour:
    """Ends without a Close where it ever missed a pong."""
    return replace(client, ends=lambda life: Drop() if life.given_up else client.ends(life))


@mutant("C-RECONNECT")
def stays_away_when_it_has_given_up(client: Behaviour) -> Behaviour:
    """Takes the Close that it sends for want of a pong for one of its own, and for final."""

    def delay(life: Life, ending: Ending) -> float:
        return FOR_EVER if ending.cause == "gave up" else client.delay(life, ending)

    return replace(client, delay=delay)


@mutant("C-RECONNECT")
def does_not_come_back_once_it_had_given_up(client: Behaviour) -> Behaviour:
    """Remembers for ever that it ended a connection itself, and takes the next end for final."""
    return replace(
        client,
        returns=lambda life, ending: (
            not life.given_up or life.connections < 2 or ending.cause != "closed"
        ),
    )


@mutant("C-RECONNECT")
def leaves_its_return_to_the_timer_of_a_pong(client: Behaviour) -> Behaviour:
    """Stops that timer for every end, and lets it come back where a Close crossed its ping."""
    return replace(
        client,
        returns=lambda life, ending: ending.cause != "closed" or life.pings <= life.pongs,
    )


@mutant("C-RECONNECT")
def takes_a_refusal_for_final_once_it_had_given_up(client: Behaviour) -> Behaviour:
    """Makes one attempt after a missing pong, and no other."""
    return replace(
        client, returns=lambda life, ending: not life.given_up or ending.cause != "refused"
    )


@mutant("C-PONG-MISSING")
def misses_no_pong_once_it_was_closed(client: Behaviour) -> Behaviour:
    """Waits for ever for pongs on a connection that follows a Close of the server."""

    def patience(life: Life) -> float | None:
        closed = life.lost is not None and life.lost.cause == "closed"
        return None if closed else client.pong_timeout(life)

    return replace(client, pong_timeout=patience)


@mutant("C-TOLERATE", also={"C-PONG-MISSING": UNHEARD})
def goes_deaf_at_text_that_is_not_json(client: Behaviour) -> Behaviour:
    """The loop that receives ends, and the one that pings goes on."""
    return _deaf_to(client, lambda message: isinstance(message, str) and _is_no_json(message))


@mutant("C-TOLERATE", also={"C-PONG-MISSING": UNHEARD})
def goes_deaf_at_a_binary_message(client: Behaviour) -> Behaviour:
    """The same, where a message is not text."""
    return _deaf_to(client, lambda message: isinstance(message, bytes))


@mutant("C-TOLERATE")
def goes_deaf_at_an_object_without_a_type(client: Behaviour) -> Behaviour:
    """The same, where an object has no member `type`; it gives up for want of pongs then."""
    hearing = _deaf_to(client, lambda message: parse(message) == {})
    return replace(hearing, pong_timeout=client.pong_timeout)


@mutant("C-RECONNECT", also={"C-PONG-MISSING": UNHEARD})
def goes_deaf_at_its_first_message(client: Behaviour) -> Behaviour:
    """Asks for one message and for none after it, as `request(1)` does that is said only once."""
    return _deaf_to(client, lambda _: True)


def _deaf_to(client: Behaviour, deafening: Callable[[str | bytes], bool]) -> Behaviour:
    def heard(message: str | bytes) -> object:
        if deafening(message):
            raise Deaf
        return parse(message)

    return replace(client, parse=heard, pong_timeout=lambda _: None)


def _is_no_json(message: str) -> bool:
    return parse(message) is None and message.strip() != "null"
