"""Explored scenarios: what a run explores on a server, with what it knows of it by then."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from conformance.run.plan import SECOND
from conformance.run.server.exploring.example_source import Drawing, drawn_here
from conformance.run.server.exploring.exploration import EXPLORATION_LASTS, Exploration
from conformance.run.server.exploring.session import Session
from conformance.scenarios.scenario import ServerScenario

if TYPE_CHECKING:
    from conformance.run.server.run import ServerRun


def drawing(run: ServerRun, scenarios: Sequence[ServerScenario]) -> AbstractContextManager[Drawing]:
    """What is drawn for scenarios, for as long as the block lasts.

    Where nothing is to be drawn, no process need start beside those that watch the clock.
    """
    draw = run.draw if scenarios else drawn_here
    return draw(scenarios, run.options.examples, run.options.seed)


def explore(run: ServerRun, scenarios: Sequence[ServerScenario], drawn: Drawing) -> None:
    """Explore scenarios, but those that presuppose what is violated; one that answers nothing, not.

    Raises TimeIsUp when the run has no time left.
    """
    run.coverage.has_explored = True
    if not run.coverage.answers.any:
        return
    session = Session(
        run.runner.get_loop(),
        run.dial,
        run.recorder("").heading,
        run.clock,
        run.clock.now(),
        run.coverage.answers.echo,
        tick=run.tick,
        is_brief=run.is_broken,
        overheard=run.overheard,
        server=run.server,
        ended_near=run.clocked.ended_near,
    )

    def is_doubtful() -> bool:
        # A second measurement that is yet to come goes on where this one stops, if need be.
        known = run.tallies.by_requirement.items() if run.attempt < SECOND else ()
        once = {name for name, tally in known if tally.seen_once}
        return run.is_broken() or run.selection.has_a_must_among(once, run.options)

    exploration = Exploration(
        session,
        run.tallies.add,
        drawn,
        lasts=min(run.time.left, max(EXPLORATION_LASTS, run.target.timing.longest_wait)),
        moved=lambda: run.tell("exploring messages"),
        doubt=lambda scenario, why: run.tallies.doubt(scenario.name, scenario.exercises, why),
        settled=run.tallies.violated | (run.tallies.by_requirement.keys() - run.wanted),
        budget=run.budget,
        is_doubtful=is_doubtful,
    )

    def is_left_out(scenario: ServerScenario) -> bool:
        presupposed = set(scenario.presupposes)
        # Where it is open which of several is broken, one of them certainly is.
        broken = run.tallies.violated & presupposed or {
            each.requirement
            for each in run.tallies.contested
            if presupposed.issuperset({each.requirement, *each.among})
        }
        if broken:
            run.coverage.skipped[scenario.name] = broken
        return bool(broken)

    def over(scenario: ServerScenario) -> None:
        run.over.add(scenario.name)
        run.time.check()

    exploration.explore(scenarios, is_left_out, over)
    run.coverage.note_explored([each.name for each in scenarios], exploration.cut_short)
    session.leave()
