"""What is said of a stretch of pings whose cadence was not kept."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import not_sure, strain
from conformance.evidence.client.stretches import Stretch, ping_due_within
from conformance.evidence.client.told import told_by_browser
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.observation import Observation, Window, undecidable, violated
from conformance.rules.quoting import quoted
from conformance.trace.event import Event

PING_BEFORE = "the ping before"

FEW_BETWEEN = 4
"""How many ends are shown at the most of attempts between two connections."""


def charged(stretch: Stretch, counted: list[Stretch]) -> str | None:
    """The requirement that a deviating stretch breaks; None where that cannot be told.

    `counted` are those that count, of all stretches of the trace.
    """
    return _charged(stretch, counted) if stretch in counted else None


def counting(stretches: list[Stretch]) -> list[Stretch]:
    """The stretches that count: neither an extra ping nor a disturbance before cut them short."""
    trailing = [each for each in stretches if _trails(each, stretches)]
    return _counted(stretches, trailing)


def _ping_of(stretch: Stretch) -> Event | None:
    """The ping with which a stretch began, or before it where it began with the pong to that."""
    beats = [each.event for each in stretch.connection.beats if each.event.n <= stretch.start.n]
    return beats[-1] if beats else None


def _counted(stretches: list[Stretch], left_out: list[Stretch]) -> list[Stretch]:
    return [each for each in stretches if not each.after_extra and each not in left_out]


def _trails(stretch: Stretch, stretches: list[Stretch]) -> bool:
    """Whether what disturbed a client in the stretch before explains that this one is too short.

    One that pings faster where somebody speaks has set its timer before it fell quiet.
    """
    if not stretch.undisturbed or stretch.deviation != "early":
        return False
    ping = _ping_of(stretch)
    before = next((each for each in stretches if each.end is ping), None)
    if before is None or before.disturbance is None or before.deviation != "early":
        return False
    others = _counted(stretches, [stretch])
    return any(
        _charged(each, others) == "C-PING-ALWAYS"
        for each in others
        if each.connection is stretch.connection and each.deviation == "early"
    )


def _charged(stretch: Stretch, stretches: list[Stretch]) -> str | None:
    if stretch.undisturbed:
        if stretch.deafened_by and any(s.kept and not s.is_first for s in stretches):
            return "C-TOLERATE"
        put_off = stretch.own is not None and not _has_fallen_silent(stretch)
        if put_off and _keeps_to_pings_when_quiet(stretch, stretches):
            return "C-PING-ALWAYS"
        if stretch.overdue:
            return "C-PING-FIRST" if stretch.is_first else "C-PING-CADENCE"
        before = [s for s in stretches if s.place < stretch.place and not s.is_first]
        # On the first connection there is but one timer, if no attempt failed before; whose ping
        # came too soon on a later one, is only known beside what went before.
        if stretch.place == 0 and stretch.after_failures:
            return None
        if stretch.place == 0 or any(s.place == 0 and s.deviation == "early" for s in before):
            return "C-PING-CADENCE"
        return "C-PING-SINGLE" if any(s.kept and s.undisturbed for s in before) else None
    if stretch.unanswered and stretch.was_given_up:
        return None
    plain = [s for s in stretches if s.undisturbed and s.is_first == stretch.is_first]
    if any(s.overdue if stretch.overdue else s.deviation == "early" for s in plain):
        return None
    # Nobody was kept from pings that would not have come anyway.
    if not any(s.kept for s in plain) or (stretch.deviation == "early" and stretch.place > 0):
        return None
    if stretch.disturbance is not None and stretch.deviation == "never":
        # While somebody still speaks, a heartbeat that stopped is not told from one put off.
        return "C-TOLERATE" if has_stopped(stretch) and not stretch.unanswered else None
    return "C-PING-ALWAYS"


def _keeps_to_pings_when_quiet(stretch: Stretch, stretches: list[Stretch]) -> bool:
    """Whether it was late with no ping in peace but where it said something else itself.

    That is for C-PING-ALWAYS, which says nothing in a dialect in which nothing disturbs a client.
    """
    dialect = stretch.connection.dialect
    if not dialect.client.bears and not dialect.states("pong_timeout"):
        return False
    quiet = [
        each
        for each in stretches
        if each.undisturbed and each.is_first == stretch.is_first and each.own is None
    ]
    return any(each.kept for each in quiet) and not any(each.overdue for each in quiet)


def _has_fallen_silent(stretch: Stretch) -> bool:
    """Whether two pings were due after all that a client said itself, and none came.

    That it said something puts off no ping of a heartbeat that never began, or stopped.
    """
    if stretch.deviation != "never":
        return False
    said = [e for e in stretch.connection.heard if stretch.start.n < e.n < stretch.end.n]
    due = ping_due_within(stretch.connection, stretch.is_first)
    due += stretch.connection.timing.longest_gap
    return bool(said) and stretch.end.earliest - said[-1].latest > due


def has_stopped(stretch: Stretch) -> bool:
    """Whether two pings were due after the last disturbance by all accounts, and none came.

    One may be left out: a client that looks now and then if something came lately, and only pings
    if nothing did, pings again after two intervals. That is late, and no heartbeat that stopped.
    """
    due = ping_due_within(stretch.connection, stretch.is_first)
    due += stretch.connection.timing.longest_gap
    last = stretch.last_said
    return last is not None and stretch.end.earliest - last.latest > due


def is_blurred(stretch: Stretch) -> bool:
    """Whether the harness saw its ends too late to tell; not whether it excuses what it saw."""
    least, most = elapsed(stretch.start, stretch.end)
    if stretch.deviation == "perhaps late":
        return least <= ping_due_within(stretch.connection, stretch.is_first)
    return most >= stretch.connection.timing.shortest_gap


def not_kept(
    stretch: Stretch,
    message: str,
    beside: Stretch | None = None,
    evidence: ClientEvidence | None = None,
) -> Observation:
    """The violation that a deviating stretch is, shown beside an earlier one that was kept.

    By the evidence of all attempts, what lay in between is shown, too: any may have left a timer.
    """
    trace = stretch.connection.trace
    timing = trace.timing
    least, most = elapsed(stretch.start, stretch.end)
    since = _since(stretch)
    if stretch.is_first:
        bound = timing.heartbeat_interval
        expected = f"a ping within {seconds(bound)} (and {seconds(timing.tolerance)} of tolerance)"
    else:
        expected = (
            f"the next ping {seconds(timing.shortest_gap)} to {seconds(timing.longest_gap)} "
            f"after {'the one before' if since == PING_BEFORE else since}"
        )
    actual = {
        "early": f"a ping after at most {seconds(most)}",
        "late": f"a ping after {seconds(least)}",
        "never": f"no ping for {seconds(least)}",
    }[stretch.deviation or "never"]
    opened = stretch.connection.opened
    earlier = []
    if beside is not None and opened is not None:
        end = beside.connection.over  # A timer that lives on does so from some ends, not from all.
        earlier = [beside.start, beside.end, *([end] if end and end.n < opened.n else [])]
        earlier += [*_came_to_nothing(beside.connection, stretch.connection, evidence), opened]
    told = told_by_browser(trace, stretch.end)
    shown = [*earlier, *told, stretch.start, *_disturbed_by(stretch), stretch.end]
    return violated(
        message,
        *shown,
        expected=expected,
        actual=actual,
        window=_window(stretch, since),
        provisional=_is_slight(stretch),
    )


def _came_to_nothing(
    one: Attempt, other: Attempt, evidence: ClientEvidence | None
) -> Iterator[Event]:
    """How the last few attempts between two connections ended, and that nobody listened."""
    if evidence is None:
        return
    first, last = one.began.n, other.began.n
    ends = [each.over for each in evidence.attempts if first < each.began.n < last and each.over]
    yield from evidence.doors_between(one.began, other.began)
    yield from ends[-FEW_BETWEEN:]


def kept_before(stretch: Stretch, stretches: list[Stretch]) -> Stretch | None:
    """The latest stretch of the kind that was kept on an earlier connection."""
    before = [
        each
        for each in stretches
        if each.kept
        and each.undisturbed
        and each.place < stretch.place
        and each.is_first is stretch.is_first
    ]
    return before[-1] if before else None


def unsure_about(stretch: Stretch) -> Observation:
    """What to say of a stretch that the harness did not see sharply enough.

    One that seems too short may be, because the ping before came late.
    """
    interval = stretch.connection.timing.heartbeat_interval
    before = interval if stretch.deviation == "perhaps early" else 0.0
    return undecidable(
        not_sure(stretch.connection.trace, stretch.start, stretch.end, before),
        stretch.start,
        stretch.end,
        window=_window(stretch, _since(stretch)),
    )


def named_disturbance(stretch: Stretch) -> str:
    """What disturbed a client, in words: all that it may have been."""
    found = []
    if stretch.disturbance is not None:
        found.append(f"it was sent {quoted(stretch.disturbance.content)}")
    elif stretch.unanswered:
        found.append("its ping had no pong")
    elif stretch.slow:
        found.append("the pong to its ping was slow")
    if stretch.own is not None:
        found.append(f"it sent {quoted(stretch.own.content)} itself")
    return " and ".join(found)


def _since(stretch: Stretch) -> str:
    """What the next ping is counted from, in words."""
    if stretch.start.kind == "opened":
        return "the opening"
    if stretch.start.kind == "ready":
        return "the end of the prelude"
    if stretch.connection.dialect.client.next == "ping":
        return PING_BEFORE
    if stretch.connection.dialect.client.next == "pong":
        return "the pong before"
    return "the last message"


def _is_slight(stretch: Stretch) -> bool:
    timing = stretch.connection.timing
    least, most = elapsed(stretch.start, stretch.end)
    before = stretch.start.earliest - timing.heartbeat_interval
    if strain(stretch.connection.trace, before, stretch.end.latest) > 0:
        return True
    if stretch.deviation == "early":
        return most >= timing.shortest_gap - timing.tolerance
    return least <= ping_due_within(stretch.connection, stretch.is_first) + timing.tolerance


def _disturbed_by(stretch: Stretch) -> tuple[Event, ...]:
    return () if stretch.disturbance is None else (stretch.disturbance,)


def _window(stretch: Stretch, since: str) -> Window:
    timing = stretch.connection.timing
    return Window(
        since,
        None if stretch.is_first else timing.shortest_gap,
        ping_due_within(stretch.connection, stretch.is_first),
        elapsed(stretch.start, stretch.end),
    )
