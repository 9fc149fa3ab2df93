"""Rules on when a client comes back (protocol.md: reconnecting)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.hearing import deaf_since, deafened_by, forsaken_after
from conformance.evidence.client.interval import (
    is_of_the_client,
    is_slightly_early,
    not_sure,
    strain,
)
from conformance.evidence.client.returns import (
    Return,
    failures_before,
    finals_of,
    growing_beyond,
    returns_of,
)
from conformance.evidence.client.told import told_by_browser
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.circumstances import NO_DELAY, NO_RECONNECT, NO_RETURNS
from conformance.rules.client.findings.returns import (
    came_by_the_cap,
    came_too_soon,
    counts_as_none,
    ended_itself,
    first_delay,
    is_twin,
    never_came,
    never_reached,
    overlaps,
    what_ended,
)
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.rule import client_rule
from conformance.trace.event import RESOLUTION, Ended, Event


@client_rule("C-RECONNECT", not_applicable_when=NO_RETURNS)
def a_client_comes_back(evidence: ClientEvidence) -> Iterator[Observation]:
    """After every end that is not its own close, and every failed attempt, there is another one.

    One that has not come by `reconnect_cap` and `tolerance` counts as none; where nothing listened,
    counted from when something did again. A process that ended by itself will not come
    back. Where a client had been sent what it cannot use, and came back before that was said, it
    belongs to C-TOLERATE. An attempt that comes later belongs to C-BACKOFF where one had failed
    before; so does one that is missing, if the waits grew so that it might still come. In a dialect
    that names ends after which a client stays away, none of these is followed by an attempt; one
    that does not say when a client comes back from others leaves that open.
    """
    for back in finals_of(evidence):
        yield from _stayed(back, evidence)
    if not evidence.trace.dialect.states("reconnect_delay"):
        return
    yield from never_reached(evidence)
    returns = list(returns_of(evidence))
    for back in returns:
        if back.following is not None:
            yield from _came_back(back, back.following.began, evidence)
        elif not deafened_by(back, returns):
            yield from stayed_away(back, returns, evidence)


BEGUN_TWICE = frozenset({"C-STAY"})
"""What explains as well that an attempt comes right after the first, or beside its end."""


GIVEN_UP_UNSEEN = (
    "The client may have given it up before it was ended or refused: for longer than it may like "
    "to wait, wsbeat was late, or the client waited for a processor."
)


@client_rule("C-RECONNECT-FLOOR", not_applicable_when={**NO_RECONNECT, **NO_DELAY})
def a_client_waits_before_it_comes_back(evidence: ClientEvidence) -> Iterator[Observation]:
    """No attempt comes before `reconnect_delay` has passed since the end, or the last failure.

    Counted from before the Close was sent, or from the end of TCP where there was none; after a
    connection that the client gave up, from its Close. Without tolerance, but timers that count
    whole milliseconds are granted two of them, and the network 20 where it may have delayed what
    is counted from. Undecided is what a client may have given up before, as a busy machine kept it,
    or wsbeat, waiting. Where nothing listened meanwhile an attempt that
    comes later than that tells nothing. Of a client that makes two attempts at a time
    (C-RECONNECT-SINGLE), neither may be due to the failure of the other.
    """
    bound = evidence.timing.reconnect_delay
    for before, back in pairwise([None, *returns_of(evidence)]):
        assert back is not None
        if back.following is None or overlaps(back) or back.known_before:
            continue
        if is_twin(back, before, evidence):
            continue
        start, attempt = back.floor_from, back.following.began
        early = came_too_soon(back)
        # Under Plan B it gives up no connection for want of a pong.
        gives_up = back.what == "attempt" or not evidence.plan_b
        unseen = early and gives_up and back.perhaps_known_before
        early = None if unseen else early
        window = Window(f"the end of {what_ended(back)}", bound, None, elapsed(start, attempt))
        if early:
            yield violated(
                f"A client came back too soon after {back.occasion}.",
                *told_by_browser(evidence.trace, attempt),
                start,
                attempt,
                expected=f"no attempt before {seconds(bound)}",
                actual=f"an attempt after at most {seconds(elapsed(start, attempt)[1])}",
                window=window,
                provisional=is_of_the_client(start)
                and is_slightly_early(bound, start, attempt, evidence.trace),
                among=BEGUN_TWICE if evidence.may_be_false_start(back.lost) else frozenset(),
            )
        elif back.hidden:
            continue
        elif early is None:
            why = GIVEN_UP_UNSEEN if unseen else not_sure(evidence.trace, start, attempt)
            yield undecidable(why, start, attempt, window=window)
        else:
            yield satisfied(start, attempt)


NO_RETURN = frozenset({"C-BACKOFF"})
"""What explains as well that a first attempt is late, of a client that was in time or failed."""


@client_rule("C-RECONNECT-CEILING", not_applicable_when=NO_RECONNECT)
def the_first_attempt_comes_in_time(evidence: ClientEvidence) -> Iterator[Observation]:
    """The first attempt comes by `reconnect_delay` + `reconnect_jitter` after a connection ended.

    Counted from the end of the TCP connection, or from the Close with which the client gave it up;
    `tolerance` is added. After attempts that failed, or short connections in a row, one must have
    lasted `heartbeat_interval` before this is demanded: that belongs to C-BACKOFF. One that does
    not come by `reconnect_cap` belongs to C-RECONNECT; one that waits for the answer to the
    client's own Close, to C-PONG-MISSING; and one that comes before `reconnect_delay` shows
    nothing here. A client that came back in time before, or from a failure, may never return to its
    first delay: where it is seen not to after failures, that is why.
    """
    was_in_time = had_failed = False
    for back in returns_of(evidence):
        first = not (back.is_failure or back.after_failure or back.hidden)
        had_failed = had_failed or not first
        if first and came_by_the_cap(back, evidence) and not came_too_soon(back):
            found = list(first_delay(back, evidence, "The first attempt came too late"))
            is_kept = all(each.outcome == "satisfied" for each in found)
            yield from (
                replace(each, among=NO_RETURN)
                if (was_in_time or had_failed) and not is_kept
                else each
                for each in found
            )
            was_in_time = was_in_time or (bool(found) and is_kept)


@client_rule("C-RECONNECT-SINGLE", not_applicable_when=NO_RECONNECT)
def there_is_one_connection_at_a_time(evidence: ClientEvidence) -> Iterator[Observation]:
    """When an attempt begins, the connection or the attempt before it is over.

    A connection on which either side sent Close no longer counts, and TCP connections on which
    nothing was asked for never did. One that a client forgot when it was sent what it cannot use,
    belongs to C-TOLERATE, and an attempt that begins after the client was asked to end, to
    C-CLOSE-FINAL. Only what certainly lay beside each other is a violation, and for longer than a
    timer is exact to (section 2.3).
    """
    attempts, asked = evidence.attempts, evidence.asked
    for place, attempt in enumerate(attempts):
        for earlier in attempts[:place]:
            over = earlier.seen_until
            if not earlier.outlasts(attempt.began):
                if earlier.over is not None and earlier is attempts[place - 1]:
                    yield satisfied(over, attempt.began)
                continue
            if not earlier.lay_beside(attempt):
                continue  # It was over by the time at which the other may have begun.
            if forsaken_after(earlier, attempt):  # C-TOLERATE
                continue
            if asked is not None and attempt.began.earliest > asked.latest:  # C-CLOSE-FINAL
                continue
            if earlier.certificate != "valid":  # C-TLS-VERIFY
                continue
            what = "connection" if earlier.opened else "attempt"
            beside = over.earliest - attempt.began.latest
            if earlier.over is not None and beside <= _unseen(attempt.began, over, evidence):
                # The end of the earlier one may have come while nobody looked, or had come to pass
                # before the client began the other, and was on its way for longer than that.
                why = not_sure(evidence.trace, attempt.began, over)
                yield undecidable(why, earlier.began, attempt.began, over)
                continue
            yield violated(
                f"A client began an attempt beside another {what}{_abandoned(earlier)}.",
                *_lost_before(earlier, attempts),
                earlier.began,
                *told_by_browser(evidence.trace, attempt.began),
                attempt.began,
                over,
                expected="one connection, and one attempt, at a time",
                actual=f"{what} {earlier.number} and attempt {attempt.number} side by side "
                f"for {seconds(beside)}",
                provisional=beside <= evidence.timing.tolerance and earlier.over is not None,
                among=BEGUN_TWICE
                if is_of_the_client(over) and evidence.may_be_false_start(earlier)
                else frozenset(),
            )


def _lost_before(attempt: Attempt, attempts: Sequence[Attempt]) -> tuple[Event, ...]:
    """The end from which an attempt came, and perhaps another with it."""
    before = attempts[: attempts.index(attempt)]
    over = before[-1].over if before else None
    return (over,) if over is not None and over.n < attempt.began.n else ()


def _abandoned(earlier: Attempt) -> str:
    """What is said where one lay there without an answer: `close()` of some libraries leaves it."""
    if earlier.opened is not None or earlier.over is not None:
        return ""
    return ", which had no answer: it may have been given up without ending its TCP connection"


def _stayed(back: Return, evidence: ClientEvidence) -> Iterator[Observation]:
    """Judge an end from which a client is not to come back."""
    nobody, trace = evidence.nobody_until, evidence.trace
    if back.following is not None:
        attempt = back.following.began
        if not overlaps(back):
            yield violated(
                f"A client came back from {back.occasion}, after which it is to stay away.",
                back.floor_from,
                attempt,
                expected="no further attempt",
                actual=f"an attempt after {seconds(elapsed(back.floor_from, attempt)[0])}",
            )
    elif evidence.died is not None:
        yield satisfied(back.floor_from, evidence.died)
    elif (
        nobody is not None
        and not back.hidden
        and counts_as_none(back, back.ceiling_from, nobody, trace)
    ):
        yield satisfied(back.floor_from, nobody)


def _unseen(began: Event, over: Event, evidence: ClientEvidence) -> float:
    """For how long (seconds) the end of a connection may have been there before it was seen."""
    if is_of_the_client(over):
        return strain(evidence.trace, began.earliest, over.latest)
    is_local = isinstance(over.content, Ended)
    return evidence.trace.lateness + RESOLUTION if is_local else 0.0


def _came_back(back: Return, attempt: Event, evidence: ClientEvidence) -> Iterator[Observation]:
    start = back.again or back.ceiling_from
    late = counts_as_none(back, start, attempt, evidence.trace)
    if late is False:
        yield satisfied(back.floor_from, attempt)
    elif late is None:
        yield _not_sure(evidence, start, attempt)
    elif not back.is_failure and not back.handshake_open:
        yield never_came(back, start, attempt, evidence.trace)


def stayed_away(
    back: Return, returns: list[Return], evidence: ClientEvidence
) -> Iterator[Observation]:
    """What is to be said of a client that did not come back."""
    nobody, trace, cap = evidence.nobody_until, evidence.trace, evidence.timing.reconnect_cap
    after, failures = deafened_by(back, returns), failures_before(back, returns)
    if evidence.died is not None:
        yield ended_itself(back, evidence.died, after, failures)
    elif nobody is None or back.handshake_open or (back.hidden and back.again is None):
        return
    else:
        start = back.again or back.ceiling_from
        late = counts_as_none(back, start, nobody, trace)
        if late is None and elapsed(start, nobody)[0] > cap + trace.timing.tolerance:
            yield _not_sure(evidence, start, nobody)
        elif late and not growing_beyond(back, returns, cap):
            deaf = deaf_since(back, returns)
            yield never_came(back, start, nobody, trace, after, deaf, failures)


def _not_sure(evidence: ClientEvidence, start: Event, end: Event) -> Observation:
    cap = evidence.timing.reconnect_cap
    window = Window("the end", None, cap + evidence.timing.tolerance, elapsed(start, end))
    return undecidable(not_sure(evidence.trace, start, end), start, end, window=window)
