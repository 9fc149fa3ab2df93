"""What a run on a server covers: how long it will take, and what it left out, and why."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import spec
from conformance.run.plan import Plan
from conformance.run.server.probe import Answers
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.server.first_messages import (
    asks_as_browsers_and_proxies_do,
    offers_compression,
)
from conformance.scenarios.server.processes import sets_the_wall_clock_of_the_server
from conformance.targets.load_limits import LoadLimits
from conformance.targets.options import Options
from conformance.targets.printable import printable
from conformance.trace.event import NO_SOCKET, NOBODY_LISTENS
from conformance.verdict.doubts.refusals import Refusals
from conformance.verdict.selection import Selection

SERVER_START_UP = 1.0
"""What starting up and finishing takes beside the longest wait, in seconds."""

EXAMPLE_LASTS = 0.004
"""What drawing, sending and judging an example takes, roughly, in seconds."""

LONGER = "twice that where something is wrong; 10 s more where an answer to a Close is waited for"
"""When a run takes longer than it is expected to."""

TOO_SLOW = "The server's replies come too late for its messages to be explored."

NO_PORT = os.strerror(errno.EADDRNOTAVAIL)
"""What the system says where all ports for connections to one address are taken."""

MORE_PORTS = "Widen the range with `sysctl net.ipv4.ip_local_port_range='1024 65535'`"
MORE_DESCRIPTORS = "Raise the limit with `ulimit -n 1024`"
"""What to do where wsbeat itself has too few of them."""

FEW_NAMES = 3
"""How many scenarios are named at the most where handshakes were refused."""

ASKED_IN_A_MANNER = frozenset((asks_as_browsers_and_proxies_do.name, offers_compression.name))
"""The scenarios whose handshakes differ from those of all others."""


def opened_by(scenario: ServerScenario, load_limits: LoadLimits) -> int:
    """How many connections a scenario opens at a time.

    One that waits spares a target with limits those that it can do without. Crowds of resets and
    schedules are as many as there is room for.
    """
    fills_up = scenario.is_rough or scenario.follow is not None
    is_sparing = load_limits.connections is not None and not fills_up
    return scenario.fewest if is_sparing else scenario.connections


@dataclass(slots=True)
class Coverage:
    """What a run did of what it was to do."""

    load_limits: LoadLimits
    crowded: Sequence[ServerScenario]
    """The scenarios that open more connections than the target is to be burdened with."""
    answers: Answers = field(default_factory=lambda: Answers(pong=True, echo=True))
    """What the server answers at all."""
    demanded: tuple[str, ...] = ()
    """The subprotocols that are offered, because the server refuses a client that offers none."""
    is_interrupted: bool = False
    is_out_of_time: bool = False
    is_settled: bool = False
    """Whether it ended at the first violation, as the user wants it."""
    has_explored: bool = False
    """Whether messages were explored, for as long as they were answered in time."""
    cut_short: list[str] = field(default_factory=list)
    """The explored scenarios for which there was too little time."""
    left_in_doubt: list[str] = field(default_factory=list)
    """The scenarios that were not measured again, because something is violated for certain."""
    skipped: dict[str, set[str]] = field(default_factory=dict)
    """Why scenarios were left out: the requirements, violated, that they presuppose."""

    def note_explored(self, names: Sequence[str], cut_short: Sequence[str]) -> None:
        """Keep in mind which of the scenarios that were just explored were cut short this time."""
        self.cut_short = [name for name in self.cut_short if name not in names] + [*cut_short]

    def plan(
        self,
        selection: Selection,
        scenarios: Sequence[ServerScenario],
        options: Options,
        timing: spec.Timing,
        *,
        side_by_side: bool,
        afterwards: int = 0,
    ) -> Plan:
        """What is said before the run begins.

        `side_by_side` says whether messages are explored during the waits, or before them;
        `afterwards` is how many of the longest waits come when all else is over.
        """
        kinds = [scenario.kind for scenario in scenarios]
        needed = [opened_by(each, self.load_limits) for each in scenarios if each.kind == "clocked"]
        explored = kinds.count("explored") * options.examples * EXAMPLE_LASTS
        waits = timing.longest_wait * self.load_limits.windows(needed)
        connections = sum(needed) + max(kinds.count("prompt"), 1)
        return Plan(
            requirements=len(selection.examined),
            scenarios=len(scenarios),
            connections=min(connections, self.load_limits.connections or connections),
            seconds=SERVER_START_UP
            + (max(explored, waits) if side_by_side else explored + waits)
            + afterwards * timing.longest_wait,
            load_limits=str(self.load_limits),
            longer=LONGER if waits else "",
        )

    def notes(self, options: Options, refusals: Refusals) -> Iterator[str]:
        """What the run did not do, in sentences for its report; `refusals` as `Tallies` has it."""
        if self.is_out_of_time:
            yield f"The time limit of {options.time_limit:g} s was reached first."
        if self.is_settled:
            yield "The run ended with the first MUST that is violated: the rest was not seen whole."
        for scenario in self.crowded:
            yield (
                f"{scenario.name} was left out: it opens {scenario.fewest} connections "
                f"at a time, and {self.load_limits.connections} are allowed."
            )
        for detail, where in refusals.by_detail.items():
            full = refusals.full_beside.get(detail)
            yield _refused(detail, where, full, self.load_limits.connections)
        if self.demanded:
            yield (
                "The server takes nobody who offers no subprotocol: so that the rest could be "
                f"seen, {', '.join(self.demanded)} was offered on every connection."
            )
        if self.left_in_doubt:
            yield (
                f"{', '.join(self.left_in_doubt)}: what was in doubt there was not measured again, "
                "which would have taken long. See to what fails first."
            )
        why = (
            "took too long, or did not listen"
            if NOBODY_LISTENS in refusals.by_detail
            else "took too long"
        )
        for name in () if self.is_out_of_time else self.cut_short:
            yield (
                f"{name} was explored with fewer than {options.examples} examples: "
                f"the server {why}."
            )

    def why_unexercised(
        self, requirement: str, scenarios: Sequence[ServerScenario], selection: Selection
    ) -> str | None:
        """Why nothing was seen of a requirement: what is broken, the root of it first."""
        if self.is_out_of_time:
            return "The time limit was reached before it was seen."
        if any(requirement in scenario.exercises for scenario in self.crowded):
            return "What shows it opens more connections at a time than are allowed."
        if self.is_settled:
            return "The run ended before it was seen: a MUST is violated."
        if self.is_interrupted:
            return "The run was interrupted before it was seen."
        if not self.answers.any:
            return "The server answers neither a ping nor a business message."
        if not self.has_explored:
            return TOO_SLOW
        broken = {
            name
            for scenario in scenarios
            if requirement in scenario.exercises
            for name in self.skipped.get(scenario.name, ())
        }
        if broken:
            first = [each.id for each in selection.examined if each.id in broken]
            verb = "fails" if len(first) == 1 else "fail"
            return f"It can be examined once {' and '.join(first)} no longer {verb}."
        return None


def _refused(detail: str, scenarios: Counter[str], full: int | None, most: int | None) -> str:
    """How often a handshake was refused in a run, and where.

    `full` is how many connections there were where the server said that it takes no more, and
    `most` how many it was said to take.
    """
    names = ", ".join(name for name, _ in scenarios.most_common(FEW_NAMES))
    rest = f" and {len(scenarios) - FEW_NAMES} more" if len(scenarios) > FEW_NAMES else ""
    handshakes = f"{scenarios.total()} handshake{'' if scenarios.total() == 1 else 's'}"
    if detail == NOBODY_LISTENS:
        advice = (
            "Nobody listened at that time: look why the server ended. One that wsbeat starts "
            "(--command) is started again, and charged with what it ended over."
        )
    elif detail.startswith(NO_SOCKET):
        more = MORE_PORTS if NO_PORT in detail else MORE_DESCRIPTORS
        advice = f"The server never heard of them. {more}, or open fewer with --max-connections."
    elif set(scenarios) == {sets_the_wall_clock_of_the_server.name}:
        advice = "wsbeat had set the server's wall clock there: look what it compares with that."
    elif set(scenarios) <= ASKED_IN_A_MANNER:
        advice = "They were asked for as browsers and proxies ask, where others were accepted."
    elif full is not None and most is not None and full < most:
        advice = (
            f"The server refused them when it had about {full} of wsbeat's connections, though "
            f"{most} at a time were allowed (--max-connections). If it takes no more than that, "
            f"say so with --max-connections {max(1, full)}: only then is it seen whether a place "
            "is lost with each reset. If it ought to, look what takes the other places."
        )
    else:
        advice = (
            "If the server takes only so many connections, say how many with --max-connections: "
            "only then is it seen whether a place is lost with each reset."
        )
    return (
        f"{handshakes} got no connection ({printable(detail)}), in {names}{rest}: what they were "
        f"to show was not seen there. {advice}"
    )
