"""Servers and clients that are off by so little that the run at ``fast`` timing does not tell.

There the tolerance is large beside the intervals. At the timing of production each of them fails,
but for those that are within what is allowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TypeAlias

from spec import load_timing
from tests.mutants.behaviour import Behaviour, Conversation, Later, Reaction
from tests.mutants.clients.behaviour import Answer, Close, Ending, Life
from tests.mutants.clients.behaviour import Behaviour as ClientBehaviour
from tests.mutants.clients.compliant import delay
from tests.mutants.clients.mutant import ClientMutant
from tests.mutants.compliant import PONG, deadline, echo_text
from tests.mutants.matrix import Report, report_of
from tests.mutants.mutant import Mutant
from tests.mutants.servers.sweeps import Sweeps
from tests.mutants.virtual import client_result, server_result

A_TENTH = 0.1
TOO_FAR, NEAR_ENOUGH = 0.12, 0.08
"""By which part of an interval pings are off that are not, and that are, within the tolerance."""

TOO_SELDOM = 1.3
"""How many times the interval of its check a server takes that looks too seldom."""

MOST = 0.8
"""After which part of `pong_timeout` a pong is late, and in time all the same."""

OVER_THE_CAP = 1.05
"""How many times the longest wait that is allowed a client waits."""

Server: TypeAlias = Callable[[Behaviour], Behaviour]
Client: TypeAlias = Callable[[ClientBehaviour], ClientBehaviour]


@dataclass(frozen=True)
class NearMiss:
    """A peer, and what it fails with at the timing of production, if anything."""

    peer: Mutant | ClientMutant
    fails_with: str | None

    def report(self, timing: str, *select: str) -> Report:
        """What the suite finds out about it at a timing, in virtual time."""
        peer, known = self.peer, load_timing(timing)
        if isinstance(peer, Mutant):
            return report_of(server_result(peer, peer.declares, known, select=select))
        return report_of(client_result(peer, peer.declares, known, select=select))


def _server(requirement: str | None, change: Server, *declares: str) -> NearMiss:
    name = change.__name__
    return NearMiss(
        Mutant(name, requirement, change.__doc__ or "", change, {}, declares), requirement
    )


def _client(requirement: str | None, change: Client) -> NearMiss:
    return NearMiss(
        ClientMutant(change.__name__, requirement, change.__doc__ or "", change, {}), requirement
    )


def _overdue(talk: Conversation) -> float:
    """A moment that is late by a tenth of a check."""
    timing = talk.timing
    return talk.alive + timing.latest_close + A_TENTH * timing.check_interval


def closes_a_tenth_of_a_check_too_late(server: Behaviour) -> Behaviour:
    """A silent connection is closed after the latest moment that is allowed."""
    return replace(server, deadline=_overdue)


def closes_who_never_pings_a_tenth_of_a_check_too_late(server: Behaviour) -> Behaviour:
    """The clock of a connection starts with its handshake, but runs for longer."""
    return replace(server, deadline=lambda talk: deadline(talk) if talk.pings else _overdue(talk))


def puts_its_close_off_for_business(server: Behaviour) -> Behaviour:
    """A connection on which something came after the last ping is closed a little too late."""

    def put_off(talk: Conversation) -> float | None:
        return _overdue(talk) if talk.pings and talk.heard > talk.alive else deadline(talk)

    return replace(server, deadline=put_off)


def looks_a_third_too_seldom(server: Behaviour) -> Behaviour:
    """Its check is a loop that takes its time, and then waits for the whole interval."""
    sweeps = Sweeps()

    def seldom(talk: Conversation) -> float:
        every = TOO_SELDOM * talk.timing.check_interval
        sweeps.place(talk)
        return sweeps.at(sweeps.due(talk, every), every)

    return replace(server, deadline=seldom)


def answers_a_tenth_of_an_interval_late(server: Behaviour) -> Behaviour:
    """Each reply comes late by the same."""

    def late(talk: Conversation, text: str) -> Reaction:
        return [Later(A_TENTH * talk.timing.heartbeat_interval, text)]

    return replace(
        server,
        pong=lambda talk: late(talk, PONG),
        echo=lambda talk, data: late(talk, echo_text(data)),
    )


def beats_every(intervals: float) -> Server:
    """A server whose pings (Plan B) come after another interval than the one that is due."""

    def change(server: Behaviour) -> Behaviour:
        return replace(
            server,
            next_beat=lambda talk: (
                talk.beaten + (intervals if talk.beats else 1.0) * talk.timing.heartbeat_interval
            ),
        )

    change.__name__ = f"beats_every_{intervals:g}_intervals"
    return change


def pings_every(intervals: float) -> Client:
    """A client whose pings come after another interval than the one that is due."""

    def change(client: ClientBehaviour) -> ClientBehaviour:
        return replace(client, gap=lambda life: intervals * life.timing.heartbeat_interval)

    change.__name__ = f"pings_every_{intervals:g}_intervals"
    return change


def pings_first_a_tenth_of_an_interval_late(client: ClientBehaviour) -> ClientBehaviour:
    """Its first ping comes after more than an interval, the others in time."""
    return replace(client, first=lambda life: (1 + A_TENTH) * life.timing.heartbeat_interval)


def waits_a_whole_interval_for_a_pong(client: ClientBehaviour) -> ClientBehaviour:
    """Looks at the next ping whether the last one was answered."""
    return replace(client, pong_timeout=lambda life: life.timing.heartbeat_interval)


def leaves_a_link_that_takes_most_of_the_time(client: ClientBehaviour) -> ClientBehaviour:
    """Measures round trips, and ends a connection on which one took most of what it may."""
    pinged: dict[int, float] = {}

    def ping(life: Life) -> str | bytes:
        pinged[id(life)] = asyncio.get_running_loop().time()
        return client.ping(life)

    def answers(life: Life, value: object) -> Sequence[Answer]:
        took = asyncio.get_running_loop().time() - pinged.get(id(life), inf)
        is_slow = client.is_pong(value) and took > MOST * life.timing.pong_timeout
        return [Close(4000, "slow")] if is_slow else client.answers(life, value)

    return replace(client, ping=ping, answers=answers)


def comes_back_a_tenth_of_an_interval_late(client: ClientBehaviour) -> ClientBehaviour:
    """The first attempt comes after all of the jitter and a little more, unless it gave up."""

    def late(life: Life, ending: Ending) -> float:
        timing = life.timing
        if ending.cause == "gave up":
            return delay(life, ending)
        first = timing.reconnect_delay + timing.reconnect_jitter
        first += A_TENTH * timing.heartbeat_interval
        return min(first * 1.5**life.failures, timing.reconnect_cap)

    return replace(client, delay=late)


def waits_a_little_longer_than_the_cap(client: ClientBehaviour) -> ClientBehaviour:
    """After many failures the wait is longer than the longest that is allowed."""

    def longer(life: Life, _: Ending) -> float:
        timing = life.timing
        first = timing.reconnect_delay + timing.reconnect_jitter / 4
        return min(first * 1.5**life.failures, OVER_THE_CAP * timing.reconnect_cap)

    return replace(client, delay=longer)


NEAR_MISSES = (
    _server("S-TIMEOUT-LATEST", closes_a_tenth_of_a_check_too_late),
    _server("S-CLOCK-START", closes_who_never_pings_a_tenth_of_a_check_too_late),
    _server("S-ONLY-PINGS", puts_its_close_off_for_business),
    _server("S-TIMEOUT-LATEST", looks_a_third_too_seldom),
    _server("S-REPLY-SOON", answers_a_tenth_of_an_interval_late),
    _server("B-SERVER-PING", beats_every(1 + TOO_FAR), "server_ping"),
    _server("B-SERVER-PING", beats_every(1 - TOO_FAR), "server_ping"),
    _server(None, beats_every(1 + NEAR_ENOUGH), "server_ping"),
    _client("C-PING-CADENCE", pings_every(1 + TOO_FAR)),
    _client("C-PING-CADENCE", pings_every(1 - TOO_FAR)),
    _client(None, pings_every(1 + NEAR_ENOUGH)),
    _client("C-PING-FIRST", pings_first_a_tenth_of_an_interval_late),
    _client("C-PONG-MISSING", waits_a_whole_interval_for_a_pong),
    _client("C-STAY", leaves_a_link_that_takes_most_of_the_time),
    _client("C-RECONNECT-CEILING", comes_back_a_tenth_of_an_interval_late),
    _client("C-BACKOFF", waits_a_little_longer_than_the_cap),
)
