"""Servers that keep the beat themselves, and do it wrongly (Plan B)."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Close, Conversation, Drop, Traffic
from tests.mutants.compliant import PING, PONG, REASON, deadline, echo_text, next_beat
from tests.mutants.mutant import mutant
from tests.mutants.servers.liveness import restarted_by_text

FEW = 3


@mutant("B-SERVER-PING")
def leaves_the_beat_to_the_client(server: Behaviour) -> Behaviour:
    """It never pings."""
    return replace(server, next_beat=lambda talk: None)


@mutant("B-SERVER-PING")
def pings_for_the_first_time_after_two_intervals(server: Behaviour) -> Behaviour:
    """The first ping comes late, the others in time."""

    def hesitant(talk: Conversation) -> float | None:
        return next_beat(talk) if talk.beats else talk.opened + 2 * talk.timing.heartbeat_interval

    return replace(server, next_beat=hesitant)


@mutant("B-SERVER-PING")
def pings_at_twice_the_interval(server: Behaviour) -> Behaviour:
    """The first ping comes in time, each further one after two intervals."""
    return replace(server, next_beat=_every(2.0))


@mutant("B-SERVER-PING")
def pings_at_half_the_interval(server: Behaviour) -> Behaviour:
    """Pings come twice as often as they should."""
    return replace(server, next_beat=_every(0.5))


@mutant("B-SERVER-PING")
def pings_at_a_third_more_than_the_interval(server: Behaviour) -> Behaviour:
    """Every gap is a little too long."""
    return replace(server, next_beat=_every(1.35))


@mutant("B-SERVER-PING")
def stops_pinging_after_the_third(server: Behaviour) -> Behaviour:
    """Three pings come in time, and then no more."""
    return replace(server, next_beat=lambda talk: next_beat(talk) if talk.beats < FEW else None)


@mutant("B-SERVER-PING")
def pings_only_who_is_silent(server: Behaviour) -> Behaviour:
    """Whatever the client sends puts the next ping off."""

    def postponed(talk: Conversation) -> float | None:
        return max(talk.beaten, talk.heard) + talk.timing.heartbeat_interval

    return replace(server, next_beat=postponed)


@mutant("B-SERVER-PING")
def numbers_its_pings(server: Behaviour) -> Behaviour:
    """A ping of the server has a further member."""
    return replace(server, beat=lambda talk: [f'{{"type":"ping","number":{talk.beats}}}'])


@mutant("B-TIMEOUT")
def restarts_the_clock_with_whatever_mentions_pong(server: Behaviour) -> Behaviour:
    """A message with the word in it counts as a sign of life, and gets its echo."""
    return restarted_by_text(
        server,
        lambda traffic, text: traffic == "pong" or (traffic == "business" and "pong" in text),
    )


@mutant("B-TIMEOUT")
def restarts_the_clock_with_pongs_of_the_usual_spelling(server: Behaviour) -> Behaviour:
    """A pong in another spelling is taken for one and otherwise forgotten."""
    return restarted_by_text(server, lambda traffic, text: traffic == "pong" and text == PONG)


@mutant("B-NO-LOOP")
def answers_a_pong_with_a_pong(server: Behaviour) -> Behaviour:
    """Whatever is a heartbeat gets a pong."""
    return replace(server, after_pong=lambda talk: [PONG])


@mutant("B-NO-LOOP")
def echoes_a_pong(server: Behaviour) -> Behaviour:
    """A pong is answered like a business message, though it restarts the clock."""
    return replace(server, after_pong=lambda talk: [echo_text({"type": "pong"})])


@mutant("B-NO-LOOP")
def echoes_every_third_pong(server: Behaviour) -> Behaviour:
    """Of three pongs the last is answered like a business message."""
    echo = echo_text({"type": "pong"})
    return replace(server, after_pong=lambda talk: [] if talk.pongs % FEW else [echo])


@mutant("B-NO-LOOP")
def answers_a_pong_with_a_ping(server: Behaviour) -> Behaviour:
    """A pong is answered with the next ping at once."""
    return replace(server, after_pong=lambda talk: [PING])


@mutant("B-NO-LOOP")
def echoes_a_pong_with_further_members(server: Behaviour) -> Behaviour:
    """Only an object with the member ``type`` alone is a pong."""
    return replace(server, is_pong=lambda value: value == {"type": "pong"})


@mutant("S-ECHO", declares="server_ping")
def takes_a_pong_in_capitals_for_one(server: Behaviour) -> Behaviour:
    """The type of an answer is compared without regard to case."""
    return replace(
        server,
        is_pong=lambda value: isinstance(value, dict) and str(value.get("type")).lower() == "pong",
    )


@mutant("B-TIMEOUT")
def closes_after_half_the_timeout_without_pongs(server: Behaviour) -> Behaviour:
    """The clock runs out after half of the timeout."""
    return replace(server, deadline=lambda talk: talk.alive + 0.5 * talk.timing.heartbeat_timeout)


@mutant("B-TIMEOUT")
def closes_two_checks_late_without_pongs(server: Behaviour) -> Behaviour:
    """The clock runs on for two checks after the latest moment that is allowed."""

    def overdue(talk: Conversation) -> float:
        return talk.alive + talk.timing.latest_close + 2 * talk.timing.check_interval

    return replace(server, deadline=overdue)


@mutant("B-TIMEOUT")
def never_closes_without_pongs(server: Behaviour) -> Behaviour:
    """A connection without pongs stays open."""
    return replace(server, deadline=lambda talk: None)


@mutant("B-TIMEOUT")
def closes_with_1001_without_pongs(server: Behaviour) -> Behaviour:
    """The heartbeat close has another code."""
    return replace(server, timeout=lambda _: [Close(1001, REASON)])


@mutant("B-TIMEOUT")
def speaks_of_a_pong_timeout(server: Behaviour) -> Behaviour:
    """The heartbeat close has a reason of its own."""
    return replace(server, timeout=lambda _: [Close(1000, "pong timeout")])


@mutant("B-TIMEOUT")
def hangs_up_without_pongs(server: Behaviour) -> Behaviour:
    """A connection without pongs is ended without a Close."""
    return replace(server, timeout=lambda _: [Drop()])


@mutant("B-TIMEOUT")
def starts_the_clock_with_the_first_pong(server: Behaviour) -> Behaviour:
    """A connection on which no pong ever comes stays open."""
    return replace(server, deadline=lambda talk: deadline(talk) if talk.pongs else None)


@mutant("B-TIMEOUT")
def restarts_the_clock_with_pings_in_place_of_pongs(server: Behaviour) -> Behaviour:
    """The clock is that of the core, as if the server did not ping."""
    return _restarted_by(server, lambda _, traffic: traffic == "ping")


@mutant("B-TIMEOUT")
def restarts_the_clock_with_pings_and_pongs(server: Behaviour) -> Behaviour:
    """Pings of the client count as signs of life too."""
    return _restarted_by(server, lambda _, traffic: traffic in ("ping", "pong"))


@mutant("B-TIMEOUT")
def restarts_the_clock_with_pongs_and_business(server: Behaviour) -> Behaviour:
    """Business messages count as signs of life too."""
    return _restarted_by(server, lambda _, traffic: traffic in ("pong", "business"))


@mutant("B-TIMEOUT")
def restarts_the_clock_with_pongs_and_control_pings(server: Behaviour) -> Behaviour:
    """Control Pings count as signs of life too."""
    return _restarted_by(server, lambda _, traffic: traffic in ("pong", "control"))


@mutant("B-TIMEOUT")
def overlooks_a_pong_that_it_did_not_ask_for(server: Behaviour) -> Behaviour:
    """Only as many pongs restart the clock as pings were sent."""
    return _restarted_by(
        server, lambda talk, traffic: traffic == "pong" and talk.pongs <= talk.beats
    )


@mutant("B-TIMEOUT")
def restarts_the_clock_with_the_first_pong_only(server: Behaviour) -> Behaviour:
    """All pongs but the first of a connection are forgotten."""
    return _restarted_by(server, lambda talk, traffic: traffic == "pong" and talk.pongs == 1)


def _every(intervals: float) -> Callable[[Conversation], float | None]:
    """When pings are due that come after so many intervals, but the first in time."""

    def due(talk: Conversation) -> float | None:
        return talk.beaten + talk.timing.heartbeat_interval * (
            intervals if talk.beats else min(intervals, 1.0)
        )

    return due


def _restarted_by(
    server: Behaviour, refreshes: Callable[[Conversation, Traffic], bool]
) -> Behaviour:
    return replace(server, refreshes=refreshes)
