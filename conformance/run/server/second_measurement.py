"""The second measurement: what could not be decided beside everything else, once more and alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.run.server.run import ServerRun


def measure_again(run: ServerRun) -> None:
    """Measure each scenario that left a doubt once more; what is undecided then remains so.

    Once a MUST is violated, the verdict on the whole is known: no more than twice the time of the
    first measurement is spent.
    """
    measured: set[str] = set()
    exercised = {scenario.name: scenario.exercises for scenario in run.scenarios}
    while name := run.tallies.next_doubted(run.selection, measured, exercised):
        run.time.check()
        if run.tallies.ended and not run.is_there():
            return
        measured.add(name)
        scenario = next(each for each in run.scenarios if each.name == name)
        if scenario.kind == "clocked" and run.is_broken() and not run.time.allows_a_wait():
            run.coverage.left_in_doubt.append(name)
            continue
        if run.instances is not None and not run.instances.prepare(scenario, run.tick):
            continue
        run.tallies.forget_doubts(name)
        run.tell(f"{name}, measured again alone")
        run.measure_alone(scenario)
    _look_whether_it_still_closes(run, measured)
    run.explore_if_answered()


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
        run.observe_alone(min(plain, key=lambda scenario: scenario.connections))
