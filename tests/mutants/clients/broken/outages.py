"""Clients that bear a server that is down for a while, or refuses them, but not what follows.

Many a client has a path of its own for each way in which an attempt fails: what is started, stopped
or kept on one of them is forgotten on another.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour, Close, Drop, Ending, Life
from tests.mutants.clients.mutant import mutant


@mutant("C-RECONNECT")
def takes_a_port_at_which_nobody_listens_for_wrong(client: Behaviour) -> Behaviour:
    """Comes back from everything, but ends if nobody listens yet when it is started."""

    def returns(life: Life, ending: Ending) -> bool:
        return not (ending.unheard and life.attempts == 1)

    return replace(client, returns=returns)


@mutant("C-PING-FIRST")
def never_pings_once_nobody_listened(client: Behaviour) -> Behaviour:
    """Waits for the server with a function that returns a connection without a heartbeat."""
    return replace(client, first=lambda life: None if life.was_unheard else client.first(life))


@mutant("C-PING-SINGLE")
def pings_more_often_once_nobody_listened(client: Behaviour) -> Behaviour:
    """Starts a second timer where it had to wait for the server."""
    return _twice_as_often(client, lambda life: life.was_unheard)


@mutant("C-PING-SINGLE")
def pings_more_often_once_it_gave_up_and_was_refused(client: Behaviour) -> Behaviour:
    """Stops its timer where it gives up, and where it is refused, but not after both."""

    def doubles(life: Life) -> bool:
        return bool(life.given_up) and life.lost is not None and life.lost.cause == "refused"

    return _twice_as_often(client, doubles)


@mutant("C-CLOSE-FINAL")
def waits_for_a_listener_all_the_same(client: Behaviour) -> Behaviour:
    """Goes on asking if somebody listens though it was told to end, and connects then."""
    return replace(client, revives=lambda life: life.state == "waiting" and life.was_unheard)


@mutant("C-CLOSE-ON-EXIT")
def hangs_up_if_it_was_refused_at_first(client: Behaviour) -> Behaviour:
    """Ends without a Close where its first connection took it more than one attempt."""

    def ends(life: Life) -> Close | Drop | None:
        return Drop() if life.connections == 1 < life.attempts else client.ends(life)

    return replace(client, ends=ends)


@mutant("C-CLOSE-ON-EXIT")
def hangs_up_if_it_was_refused_before(client: Behaviour) -> Behaviour:
    """Ends without a Close where the attempt before was refused, but for its first connection."""

    def ends(life: Life) -> Close | Drop | None:
        refused = life.lost is not None and life.lost.cause == "refused"
        return Drop() if refused and life.connections > 1 else client.ends(life)

    return replace(client, ends=ends)


THIRD = 3

PATIENCE = 0.6
"""For how long an attempt may last, as a part of ``reconnect_cap``."""


@mutant("C-STAY")
def keeps_the_limit_on_an_attempt_that_was_reset(client: Behaviour) -> Behaviour:
    """Does not stop the timer of an attempt that broke, which closes the next connection."""

    def leaves(life: Life) -> float | None:
        lost = life.lost
        broke = lost is not None and lost.cause == "failed" and not lost.unheard
        return PATIENCE * life.timing.reconnect_cap if broke else client.leaves(life)

    return replace(client, leaves=leaves, leaves_with=Close(4001, "no answer"))


@mutant("C-ANSWER-MISSING")
def gives_up_one_attempt_and_not_the_next(client: Behaviour) -> Behaviour:
    """Has a limit on an attempt that is made once, and is spent when it has run out."""
    return replace(
        client,
        answer_timeout=lambda life: None if life.was_unanswered else client.answer_timeout(life),
    )


@mutant("C-CLOSE-FINAL")
def comes_back_from_an_attempt_that_it_gave_up(client: Behaviour) -> Behaviour:
    """Stops its timer when it is told to end, but for the one that follows its own limit."""
    return replace(client, revives=lambda life: life.state == "waiting" and life.was_unanswered)


@mutant("C-PING-SINGLE")
def pings_more_often_once_an_attempt_got_no_answer(client: Behaviour) -> Behaviour:
    """Starts another timer where it gave up an attempt itself."""
    return _twice_as_often(client, lambda life: life.was_unanswered)


@mutant("C-RECONNECT")
def takes_a_third_missing_pong_for_final(client: Behaviour) -> Behaviour:
    """Counts the connections that it gave up, and never anew."""
    return replace(client, returns=lambda life, _: life.given_up < THIRD)


def _twice_as_often(client: Behaviour, doubles: Callable[[Life], bool]) -> Behaviour:
    """A client that pings twice as often in such a life."""

    def gap(life: Life) -> float | None:
        gap = client.gap(life)
        return gap / 2 if gap is not None and doubles(life) else gap

    return replace(client, gap=gap)
