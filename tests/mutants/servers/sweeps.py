"""Servers that close silent connections late, or early, now and then, for no cause outside."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil
from time import time

from spec import Timing
from tests.mutants.behaviour import Behaviour, Conversation, now
from tests.mutants.compliant import deadline
from tests.mutants.mutant import mutant

PART = 0.05  # of a check


@dataclass
class Sweeps:
    """A server that looks at its connections in turn, every so many seconds.

    They are kept in the order in which they came; of each it is known at which look it is closed.
    """

    talks: list[Conversation] = field(default_factory=list)
    closed: dict[int, int] = field(default_factory=dict)

    def place(self, talk: Conversation) -> int:
        """The place of a connection in the list, to which it is added when it is new."""
        places = (place for place, each in enumerate(self.talks) if each is talk)
        found = next(places, None)
        if found is None:
            found = len(self.talks)
            self.talks.append(talk)
        return found

    def due(self, talk: Conversation, every: float, early: float = 0.0) -> int:
        """The first look at which the time of a connection is over, or nearly."""
        elapsed = talk.alive + talk.timing.heartbeat_timeout - early - self.talks[0].opened
        return ceil(elapsed / every)

    def at(self, look: int, every: float) -> float:
        """When the server looks."""
        return self.talks[0].opened + look * every


@mutant("S-TIMEOUT-LATEST", manners=("queue", "no echo"))
def sweeps_half_of_its_connections(server: Behaviour) -> Behaviour:
    """Of two workers one never looks for silence: every other connection stays open."""
    sweeps = Sweeps()

    def of_its_worker(talk: Conversation) -> float | None:
        return None if sweeps.place(talk) % 2 else deadline(talk)

    return replace(server, deadline=of_its_worker)


@mutant("S-TIMEOUT-LATEST", manners=("queue", "no echo"))
def skips_the_next_when_it_closes_one(server: Behaviour) -> Behaviour:
    """A loop over the connections takes one out of its list, and so overlooks that behind it."""
    sweeps = Sweeps()

    def spliced(talk: Conversation) -> float:
        every, own = talk.timing.check_interval, sweeps.place(talk)
        for place, each in enumerate(sweeps.talks[: own + 1]):
            due = sweeps.due(each, every)
            is_overlooked = sweeps.closed.get(place - 1) == due
            sweeps.closed[place] = due + is_overlooked
        return sweeps.at(sweeps.closed[own], every)

    return replace(server, deadline=spliced)


@mutant("S-TIMEOUT-LATEST", manners=("queue", "no echo"))
def looks_at_its_connections_half_as_often(server: Behaviour) -> Behaviour:
    """Whether a silent connection is closed in time depends on when it fell silent."""
    return _looking(server, lambda timing: 2 * timing.check_interval)


@mutant("S-TIMEOUT-LATEST")
def looks_at_its_connections_a_little_too_seldom(server: Behaviour) -> Behaviour:
    """What it does between two looks takes time, too: one in twenty connections waits too long."""
    return _looking(server, lambda timing: timing.tolerance + (1 + PART) * timing.check_interval)


@mutant("S-TIMEOUT-EARLIEST")
def rounds_up_how_long_a_client_was_silent(server: Behaviour) -> Behaviour:
    """At its looks it reckons in units, as of seconds: one in twenty connections ends too early."""
    return _looking(
        server, lambda timing: timing.check_interval, lambda timing: PART * timing.check_interval
    )


def _looking(
    server: Behaviour,
    interval: Callable[[Timing], float],
    early: Callable[[Timing], float] = lambda _: 0.0,
) -> Behaviour:
    """Look at all connections together, so often, and close who is due or will be so soon."""
    sweeps = Sweeps()

    def looked_at(talk: Conversation) -> float:
        every = interval(talk.timing)
        sweeps.place(talk)
        return sweeps.at(sweeps.due(talk, every, early(talk.timing)), every)

    return replace(server, deadline=looked_at)


@mutant("S-TIMEOUT-EARLIEST", manners=("queue", "no echo"))
def counts_looks_without_a_ping(server: Behaviour) -> Behaviour:
    """At the third look without a ping a connection is closed: early, where the first came soon."""
    return replace(server, deadline=_after_looks(3))


@mutant("S-TIMEOUT-EARLIEST", manners=("queue", "no echo"))
def closes_half_of_its_connections_early(server: Behaviour) -> Behaviour:
    """Of two workers one has an older configuration: it closes whoever misses a single ping."""
    sweeps = Sweeps()

    def of_its_worker(talk: Conversation) -> float | None:
        return (
            talk.alive + 1.2 * talk.timing.heartbeat_interval
            if sweeps.place(talk) % 2
            else (deadline(talk))
        )

    return replace(server, deadline=of_its_worker)


@mutant("S-INDEPENDENT")
def keeps_beats_by_address(server: Behaviour) -> Behaviour:
    """All clients of an address have one clock, which it looks at now and then."""
    sweeps = Sweeps()

    def of_all(talk: Conversation) -> float:
        every = 0.8 * talk.timing.check_interval
        sweeps.place(talk)
        latest = max(sweeps.talks, key=lambda each: each.alive)
        return sweeps.at(sweeps.due(latest, every), every)

    return replace(server, deadline=of_all)


def _after_looks(count: int) -> Callable[[Conversation], float]:
    sweeps = Sweeps()

    def counted(talk: Conversation) -> float:
        every = talk.timing.check_interval
        sweeps.place(talk)
        return sweeps.at(int((talk.alive - sweeps.talks[0].opened) / every) + count, every)

    return counted


@mutant("S-MONOTONIC")
def looks_again_at_a_time_of_day(server: Behaviour) -> Behaviour:
    """As a scheduler that notes when it is due next: with the clock set back, it comes too late."""
    planned, looked = [0.0], [0.0]

    def at_its_look(talk: Conversation) -> float | None:
        due, every = deadline(talk), talk.timing.check_interval / 10
        if time() >= planned[0]:
            planned[0], looked[0] = time() + every, now()
        return due if due is not None and due <= looked[0] else now() + every

    return replace(server, deadline=at_its_look)
