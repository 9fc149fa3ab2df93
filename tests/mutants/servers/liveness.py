"""Servers whose heartbeat clock goes wrong."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Close, Conversation, Drop, Reaction, Traffic, now
from tests.mutants.compliant import PING, REASON, deadline, echo, parse
from tests.mutants.mutant import mutant

FEW = 3
LARGE = 2**15


@mutant("S-TIMEOUT-EARLIEST", manners=("queue",))
def closes_a_tenth_too_early(server: Behaviour) -> Behaviour:
    """The clock runs out after nine tenths of the timeout."""
    return replace(server, deadline=lambda talk: talk.alive + 0.9 * talk.timing.heartbeat_timeout)


@mutant("S-TIMEOUT-EARLIEST")
def closes_after_half_the_timeout(server: Behaviour) -> Behaviour:
    """The clock runs out after half of the timeout."""
    return replace(server, deadline=lambda talk: talk.alive + 0.5 * talk.timing.heartbeat_timeout)


@mutant("S-TIMEOUT-LATEST")
def never_closes(server: Behaviour) -> Behaviour:
    """A silent connection stays open."""
    return replace(server, deadline=lambda talk: None)


@mutant("S-TIMEOUT-LATEST")
def closes_two_checks_late(server: Behaviour) -> Behaviour:
    """The clock runs on for two checks after the latest moment that is allowed."""

    def overdue(talk: Conversation) -> float:
        return talk.alive + talk.timing.latest_close + 2 * talk.timing.check_interval

    return replace(server, deadline=overdue)


@mutant("S-TIMEOUT-LATEST")
def never_closes_who_sent_a_large_text(server: Behaviour) -> Behaviour:
    """A connection on which a text of 64 KiB came stays open."""
    spared: list[Conversation] = []

    def is_spared(talk: Conversation, data: object) -> Reaction:
        if len(str(data)) >= LARGE:
            spared.append(talk)
        return echo(talk, data)

    return replace(
        server,
        echo=is_spared,
        deadline=lambda talk: None if any(each is talk for each in spared) else deadline(talk),
    )


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def closes_with_1001(server: Behaviour) -> Behaviour:
    """The heartbeat close has another code."""
    return replace(server, timeout=lambda _: [Close(1001, REASON)])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def goes_away_from_the_silent(server: Behaviour) -> Behaviour:
    """The heartbeat close has the code and no reason, as that of a server that shuts down."""
    return replace(server, timeout=lambda _: [Close(1001)])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def closes_with_a_code_of_its_own(server: Behaviour) -> Behaviour:
    """The heartbeat close has a code of the range for applications."""
    return replace(server, timeout=lambda _: [Close(4000, REASON)])


@mutant("S-TIMEOUT-CODE", declares="one_per_user")
def closes_the_silent_as_if_they_were_replaced(server: Behaviour) -> Behaviour:
    """The heartbeat close has the code with which newer connections of a user end older ones."""
    return replace(server, timeout=lambda _: [Close(4001, "replaced")])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def gives_its_reason_in_capitals(server: Behaviour) -> Behaviour:
    """The heartbeat close has another spelling of its reason."""
    return replace(server, timeout=lambda _: [Close(1000, "Heartbeat Timeout")])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def gives_no_reason(server: Behaviour) -> Behaviour:
    """The heartbeat close has a code alone."""
    return replace(server, timeout=lambda _: [Close(1000)])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def hangs_up_on_the_silent(server: Behaviour) -> Behaviour:
    """A silent connection is ended without a Close."""
    return replace(server, timeout=lambda _: [Drop()])


@mutant("S-TIMEOUT-CODE", manners=("queue",))
def blames_the_heartbeat_for_binary(server: Behaviour) -> Behaviour:
    """A binary message is closed with 1003, as it may be, but with the reason of the heartbeat."""
    return replace(server, binary=lambda _: [Close(1003, REASON)])


@mutant("S-CLOCK-START")
def starts_the_clock_with_the_first_ping(server: Behaviour) -> Behaviour:
    """A connection that never pings stays open."""
    return replace(server, deadline=lambda talk: deadline(talk) if talk.pings else None)


@mutant("S-CLOCK-START")
def gives_the_first_ping_half_the_time(server: Behaviour) -> Behaviour:
    """A connection that never pings is closed after half of the timeout."""

    def hurried(talk: Conversation) -> float | None:
        return deadline(talk) if talk.pings else talk.opened + talk.timing.heartbeat_timeout / 2

    return replace(server, deadline=hurried)


@mutant("S-REFRESH")
def restarts_the_clock_with_the_first_ping_only(server: Behaviour) -> Behaviour:
    """All pings but the first of a connection are answered and otherwise forgotten."""
    return _counting_pings(server, lambda talk: talk.pings == 1)


@mutant("S-REFRESH")
def restarts_the_clock_with_three_pings_only(server: Behaviour) -> Behaviour:
    """All pings after the third of a connection are answered and otherwise forgotten."""
    return _counting_pings(server, lambda talk: talk.pings <= FEW)


@mutant("S-REFRESH")
def tires_of_a_client_after_a_hundred_pings(server: Behaviour) -> Behaviour:
    """All pings after the hundredth of a connection are answered and otherwise forgotten."""
    return _counting_pings(server, lambda talk: talk.pings <= 100)


@mutant("S-REFRESH")
def counts_the_pings_of_a_client_in_a_byte(server: Behaviour) -> Behaviour:
    """All pings after the 255th of a connection are answered and otherwise forgotten."""
    return _counting_pings(server, lambda talk: talk.pings <= 255)


@mutant("S-REFRESH")
def overlooks_a_ping_that_follows_soon(server: Behaviour) -> Behaviour:
    """A ping within half an interval of the last restart does not restart the clock."""

    def rested(talk: Conversation) -> bool:
        soon = talk.alive + talk.timing.heartbeat_interval / 2
        return talk.pings == 1 or now() >= soon

    return _counting_pings(server, rested)


@mutant("S-REFRESH")
def overlooks_a_ping_that_follows_in_a_third_of_a_check(server: Behaviour) -> Behaviour:
    """A ping so soon after the last that counted is answered and otherwise forgotten."""
    return _counting_pings(server, _rested(3))


@mutant("S-REFRESH")
def overlooks_a_ping_that_follows_in_a_tenth_of_a_check(server: Behaviour) -> Behaviour:
    """It is not written down too often when somebody was last seen, who is closed on the dot."""
    on_the_dot = replace(server, deadline=lambda talk: talk.alive + talk.timing.heartbeat_timeout)
    return _counting_pings(on_the_dot, _rested(10))


def _rested(parts: int) -> Callable[[Conversation], bool]:
    """Whether a ping comes no sooner than after a part of a check."""
    return lambda talk: talk.pings == 1 or now() >= talk.alive + talk.timing.check_interval / parts


@mutant("S-REFRESH")
def overlooks_a_ping_that_comes_late(server: Behaviour) -> Behaviour:
    """A ping after four fifths of the timeout is answered and otherwise forgotten."""

    def in_good_time(talk: Conversation) -> bool:
        return now() <= talk.alive + 0.8 * talk.timing.heartbeat_timeout

    return _counting_pings(server, in_good_time)


@mutant("S-REFRESH")
def overlooks_pings_once_something_else_was_said(server: Behaviour) -> Behaviour:
    """After any message between two pings, later pings do not restart the clock."""
    return _counting_pings(server, lambda talk: talk.pings_in_a_row == talk.pings)


@mutant("S-REFRESH")
def restarts_the_clock_with_pings_of_the_usual_spelling(server: Behaviour) -> Behaviour:
    """A ping in another spelling is answered and otherwise forgotten."""
    return restarted_by_text(server, lambda traffic, text: traffic == "ping" and text == PING)


@mutant("S-REFRESH")
def overlooks_a_ping_of_64_kib(server: Behaviour) -> Behaviour:
    """A large ping is answered and otherwise forgotten."""
    return restarted_by_text(server, lambda traffic, text: traffic == "ping" and len(text) < LARGE)


@mutant("S-REFRESH")
def overlooks_a_ping_right_behind_a_large_text(server: Behaviour) -> Behaviour:
    """A ping that follows a text of 64 KiB is answered and otherwise forgotten."""
    read: list[str] = [""]

    def noted(text: str) -> object:
        read[:] = [*read[-1:], text]
        return parse(text)

    def refreshes(_: Conversation, traffic: Traffic) -> bool:
        return traffic == "ping" and len(read[0]) < LARGE

    return replace(server, parse=noted, refreshes=refreshes)


@mutant("S-REFRESH")
def closes_whom_it_once_found_stale(server: Behaviour) -> Behaviour:
    """A connection is closed half a check after its time was over, though it pinged meanwhile."""
    return _doomed(server, 0.5, lambda talk: False)


@mutant("S-REFRESH")
def spares_the_stale_for_two_pings_only(server: Behaviour) -> Behaviour:
    """One that was found stale is closed most of a check later, unless it pinged twice since."""
    pings: dict[int, int] = {}

    def is_spared(talk: Conversation) -> bool:
        return talk.pings > pings.setdefault(id(talk), talk.pings) + 1

    return _doomed(server, 0.8, is_spared)


def _doomed(
    server: Behaviour, grace: float, is_spared: Callable[[Conversation], bool]
) -> Behaviour:
    """Note whose time is over, and close them a part of a check later, unless they are spared."""
    noted: dict[int, tuple[Conversation, float]] = {}

    def due(talk: Conversation) -> float | None:
        if id(talk) in noted and not is_spared(talk):
            return noted[id(talk)][1]
        over = deadline(talk)
        if over is None or now() < over:
            return over
        noted[id(talk)] = talk, over + grace * talk.timing.check_interval
        return noted[id(talk)][1]

    return replace(server, deadline=due)


def restarted_by_text(server: Behaviour, refreshes: Callable[[Traffic, str], bool]) -> Behaviour:
    """Restart the clock for texts alone, as their wording has it; control frames have none."""
    read = [""]

    def noted(text: str) -> object:
        read[0] = text
        return parse(text)

    def refreshed(_: Conversation, traffic: Traffic) -> bool:
        return refreshes(traffic, read[0])

    return replace(server, parse=noted, refreshes=refreshed)


def restarted_by(
    server: Behaviour, refreshes: Callable[[Conversation, Traffic], bool]
) -> Behaviour:
    return replace(server, refreshes=refreshes)


def _counting_pings(server: Behaviour, counts: Callable[[Conversation], bool]) -> Behaviour:
    """Restart the clock with some pings alone; with whatever else restarts it, as before."""

    def refreshed(talk: Conversation, traffic: Traffic) -> bool:
        return counts(talk) if traffic == "ping" else server.refreshes(talk, traffic)

    return restarted_by(server, refreshed)
