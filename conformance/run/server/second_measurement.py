"""The second measurement: what could not be decided beside everything else, once more and alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.run.server.coverage import TOO_SLOW
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.server.neighbours.said_again import said_again
from conformance.targets.address import address
from conformance.trace.event import NO_SOCKET
from conformance.verdict.doubts.contention import may_all_be_explained
from conformance.verdict.selection import Selection
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.starvation import processes_of

if TYPE_CHECKING:
    from conformance.run.server.run import ServerRun

LATE = 0.5
"""By how much of the tolerance wsbeat is late where doubts are likely to come of that."""

FEW = 2
"""Of how many scenarios the names are told while they are measured again."""


def measure_again(run: ServerRun) -> None:
    """Measure each scenario that left a doubt once more; what is undecided then remains so.

    Those that burden a server are performed alone, the others that wait side by side. Once a MUST
    is violated, the verdict on the whole is known: no more than one of the longest waits is spent,
    unless the doubts may be of wsbeat's own making.
    """
    measured: set[str] = set()
    while scenarios := _next_in_doubt(run, measured):
        run.time.check()
        if run.tallies.broken_off.ended and not (
            run.in_loop(_is_there(run)) or _is_there_again(run)
        ):
            return
        names = [scenario.name for scenario in scenarios]
        measured.update(names)
        first = scenarios[0]
        if _is_enough(run, first):
            run.coverage.left_in_doubt += names
            continue
        if run.instances is not None and not run.instances.prepare(first, run.tick):
            continue
        for name in names:
            run.tallies.forget_doubts(name)
        what = ", ".join(names) if len(names) <= FEW else f"{len(names)} scenarios"
        run.tell(f"{what}, measured again alone")
        run.measure_alone(scenarios)
    _say_again(run)
    _look_whether_it_still_closes(run, measured)
    run.explore_if_answered()
    if not run.coverage.has_explored and run.coverage.answers.any:
        for scenario in run.of_kind("explored"):
            run.tallies.doubt(scenario.name, scenario.exercises, TOO_SLOW)


def _say_again(run: ServerRun) -> None:
    """Say again what was under way where connections ended, together or by chance.

    It may be one process of several that dies of it, which is not the one that is met next. Where
    something is known to be wrong there is no need.
    """
    if run.tallies.violated:
        return
    contested = {id(each.trace): each.trace for each in run.tallies.contested}
    if said := run.tallies.broken_off.said(contested.values()):
        run.time.check()
        run.tell("saying again what connections may have ended for")
        run.measure_alone([said_again(said)])


def _is_enough(run: ServerRun, scenario: ServerScenario) -> bool:
    """Whether a scenario is not worth its time any more; one that does not wait takes little."""
    was_late = run.tallies.lateness > LATE * run.target.timing.tolerance
    takes_long = scenario.kind == "clocked" and not run.time.allows_a_wait()
    tallies = run.tallies
    is_disputed = not tallies.violated and may_all_be_explained(
        tallies.contested, tallies.by_requirement
    )
    is_known = run.is_broken() and not is_disputed
    return is_known and not was_late and (takes_long or run.time.is_spent())


async def _is_there(run: ServerRun) -> bool:
    """Whether a server, of which all connections ended at once, can still be reached."""
    try:
        async with run.dial(run.recorder("probe"))():
            return True
    except HandshakeRefused as refused:
        told = refused.refusal
        return told.status is not None or told.detail.startswith(NO_SOCKET)


def _is_there_again(run: ServerRun) -> bool:
    """Whether a server that has ended could be started again, which wsbeat does if it had before.

    What it ended of is seen only on one that runs.
    """
    if run.instances is None or not run.instances.revive(run.tick):
        return False
    run.server = processes_of(address(run.target.address))
    return True


def _next_in_doubt(run: ServerRun, measured: set[str]) -> Sequence[ServerScenario]:
    """What is measured again next: one scenario; or all that are in doubt and burden nobody.

    What one connection is to another comes first, in one scenario with nothing beside it: it may be
    why others are late.
    """
    exercised = {scenario.name: scenario.exercises for scenario in run.scenarios}
    known = {scenario.name: scenario for scenario in run.scenarios}
    question = _in_question(run)
    alone = {rule.requirement for rule in run.tallies.rules if rule.seen_alone}
    examined = tuple(each for each in question.examined if each.id in alone)
    name = run.tallies.next_doubted(replace(question, examined=examined), measured, exercised)
    if name is not None and not measured:
        return [known[name]]
    name = run.tallies.next_doubted(question, measured, exercised)
    if name is None:
        return _next_that_tells_the_pace(run, measured)
    if not _is_gentle(known[name]):
        return [known[name]]
    beside = run.tallies.doubted - measured - {name}
    others = [each for each in run.scenarios if each.name in beside and _is_gentle(each)]
    return [known[name], *others]


def _next_that_tells_the_pace(run: ServerRun, measured: set[str]) -> Sequence[ServerScenario]:
    """A scenario that waits for nothing but replies, where it is still open whether they are late.

    One that stalls for everybody is hard to time beside what waits at the same time.
    """
    pace = {rule.requirement for rule in run.tallies.rules if rule.tells_pace} & run.wanted
    open_still = [run.tallies.by_requirement[each] for each in pace]
    doubted = {name for each in open_still if not each.violated for name in each.doubts}
    left = (each for each in run.of_kind("prompt") if each.name in doubted - measured)
    return [*left][:1]


def _is_gentle(scenario: ServerScenario) -> bool:
    return scenario.kind == "clocked" and not scenario.is_rough and not scenario.needs


def _in_question(run: ServerRun) -> Selection:
    """What is worth deciding: without knowing the pace of a server nothing is explored."""
    if run.coverage.has_explored or not run.of_kind("explored"):
        return run.selection
    pace = {rule.requirement for rule in run.tallies.rules if rule.tells_pace} - run.wanted
    more = [each for each in run.selection.requirements if each.id in pace]
    return replace(run.selection, examined=(*run.selection.examined, *more))


def _look_whether_it_still_closes(run: ServerRun, measured: set[str]) -> None:
    """Where it cannot be told what kept a connection open, see one with nothing beside it.

    A server that has ceased to close anything shows it there, and only there for certain. Where a
    MUST is violated anyhow, that may be the reason, and is the place to begin.
    """
    clocked = run.of_kind("clocked")
    plain = [each for each in clocked if each.is_plain_silence]
    doubted = measured & run.tallies.doubted & {scenario.name for scenario in clocked}
    if doubted and plain and not run.is_broken():
        run.time.check()
        run.tell("looking whether silent connections are still closed")
        run.measure_alone([min(plain, key=lambda scenario: scenario.fewest)])
