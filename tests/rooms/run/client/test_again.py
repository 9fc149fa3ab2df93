"""What could not be decided is played once more, in few rounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from conformance.run.check import client_run
from conformance.run.client.worker import ClientJob
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.trace.trace import Trace
from conformance.wire.company import Parting
from spec import load_timing

DOUBTED = ("falls_silent", "never_answers_a_ping", "stops_answering_pings")


class Played:
    """A worker that has played all at once, and saw nothing."""

    is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def traces(self, wait: float) -> Iterator[Trace]:
        assert wait > 0
        return iter(())

    async def ended_near(self, *_: float) -> Sequence[Parting]:
        return ()

    def go_on(self) -> None:
        pass

    def tell_to_stop(self) -> None:
        pass

    def stop(self) -> list[Trace]:
        return []


def rounds(
    doubted: Sequence[str], again: Sequence[str] = (), lateness: float = 0.0
) -> list[list[str]]:
    """What is played in each round, where C-PONG-MISSING is in doubt in some scenarios.

    In those of `again` it still is when they are played for the second time. `lateness` (seconds)
    is what wsbeat itself was late by.
    """
    played: list[list[str]] = []

    def start(job: ClientJob) -> Played:
        names = [task.scenario.name for task in job.tasks]
        for name in doubted if job.attempt == 1 else again:
            if name in names:
                run.tallies.doubt(name, ["C-PONG-MISSING"], "It was late.")
        played.append(sorted(names))
        return Played()

    target = ClientTarget("command", "python client.py", load_timing("fast"))
    run = client_run(target, Options(select=("C-PONG-MISSING",)), lambda _: None, lambda: 0.0)
    names = {each.name for each in run.scenarios}
    assert names.issuperset(doubted)
    run.start_worker = start
    run.tallies.lateness = lateness
    run.go()
    assert set(played[0]) == names
    return played[1:]


def test_where_all_is_decided_nothing_is_played_again() -> None:
    assert rounds(()) == []


def test_of_many_scenarios_in_doubt_one_comes_first_and_then_all_others() -> None:
    first, rest = rounds(DOUBTED)
    assert len(first) == 1
    assert sorted(first + rest) == sorted(DOUBTED)


def test_what_stays_in_doubt_is_not_played_a_third_time() -> None:
    assert len(rounds(DOUBTED, again=DOUBTED)) == 1


def test_on_a_busy_machine_a_few_are_and_none_a_fourth_time() -> None:
    again = DOUBTED[:1]
    assert rounds(again, again=again, lateness=0.05) == [list(again), list(again)]


def test_where_nothing_can_be_decided_none_is_played_a_third_time() -> None:
    many = (*DOUBTED, "talks_but_answers_no_ping")
    played = rounds(many, again=many, lateness=0.05)
    assert [len(names) for names in played] == [1]
