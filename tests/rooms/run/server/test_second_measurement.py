"""What is left in doubt is measured again, alone: nothing passes for having been doubted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import spec
from conformance.rules import rules
from conformance.run.server.instances import cannot_perform, lacking
from conformance.run.server.run import ServerRun
from conformance.run.server.second_measurement import measure_again
from conformance.run.server.time_left import TimeLeft
from conformance.run.virtual import check_server_within
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.file import read_traces
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import scenarios_for, select
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import watchful_loop
from tests.mutants import find
from tests.mutants.behaviour import Behaviour, Conversation
from tests.mutants.serving import serving
from tests.mutants.virtual import server_result
from tests.peers.process import running
from tests.traces.notation import FAST, trace_of

SOON = "S-REPLY-SOON"
EXPLORED = "binary_messages"
CLOCKED = "falls_silent_after_a_ping"
PROMPT = "connects_and_pings"

ENOUGH = 3.6
"""How many of the longest waits a run takes at the most on a server that loses all connections."""

SLIGHTLY_LATE = trace_of("0.01 opened\n 0.1 > ping\n 0.75 < pong\n 0.8 ended local")


def a_run_that_begins_in_doubt(
    url: str, folder: Path, *doubted: str, wanted: tuple[str, ...] = (SOON, "S-BINARY")
) -> Result:
    """Run on a server after a slightly late reply was seen in each of some scenarios."""
    target = Target(url, spec.load_timing("fast"))
    options = Options(select=wanted, examples=3)
    selection = select("server", options, target.capabilities, rules())
    tallies = Tallies(rules(), folder, target, options)
    for name in doubted:
        tallies.add(replace(SLIGHTLY_LATE, scenario=name))
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        chosen = scenarios_for(selection, server_scenarios(), cannot_perform(lacking(target)))
        run = ServerRun(
            target, options, lambda _: None, selection, chosen, tallies, runner, clock, None
        )
        run.go()
    return run.result()


def attempts(folder: Path, name: str) -> set[int]:
    file = folder / f"{name}.jsonl"
    with file.open(encoding="utf-8") as lines:
        return {trace.attempt for trace in read_traces(lines, str(file))}


class Undecided(ServerRun):
    """A run in which what waits decides nothing however often it is measured."""

    def tell(self, doing: str) -> None:
        """Nobody wants to know."""

    def measure_alone(self, scenarios: Sequence[ServerScenario]) -> None:
        """Perform nothing, and leave what waits in doubt."""
        for each in scenarios:
            if each.kind == "clocked":
                self.tallies.doubt(each.name, [SOON], "It may have been late.")
            self.over.add(each.name)


def test_what_is_late_beside_all_that_waits_is_measured_where_nothing_does() -> None:
    target, options = Target("ws://127.0.0.1:9/", FAST), Options(select=(SOON,))
    selection = select("server", options, target.capabilities, rules())
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        run = Undecided(
            target,
            options,
            lambda _: None,
            selection,
            scenarios_for(selection, server_scenarios(), cannot_perform(lacking(target))),
            Tallies(rules(), None, target, options),
            runner,
            clock,
        )
        run.time.begin()
        run.tallies.doubt(CLOCKED, [SOON], "It may have been late.")
        run.tallies.doubt(PROMPT, [SOON], "It may have been late.")
        run.tallies.by_requirement[SOON].seen_once.add(CLOCKED)
        measure_again(run)
    assert run.over == {CLOCKED, PROMPT}


@pytest.mark.proof
def test_every_scenario_in_doubt_is_measured_again(tmp_path: Path) -> None:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        result = a_run_that_begins_in_doubt(server.url, tmp_path, EXPLORED, CLOCKED)
    assert attempts(tmp_path, EXPLORED) == {1, 2}
    assert attempts(tmp_path, CLOCKED) == {1, 2}
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert (verdicts[SOON], verdicts["S-BINARY"]) == ("passed", "passed")


@pytest.mark.proof
def test_what_is_explored_is_not_passed_by_for_a_doubt_about_the_pace(tmp_path: Path) -> None:
    """Where something seemed late that may not be explored, that is looked at again first."""
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        a_run_that_begins_in_doubt(server.url, tmp_path, CLOCKED, wanted=("S-ECHO-DATA",))
    assert attempts(tmp_path, CLOCKED) == {1, 2}
    assert (tmp_path / "json_values_of_every_kind.jsonl").exists()


def test_what_is_not_explored_does_not_pass() -> None:
    """A server that is too slow to be explored is not praised for the little that was said."""
    result = server_result(find("answers_everything_late"), (), FAST, select=("S-ECHO-DATA",))
    [found] = [each for each in result.assessments if each.requirement.id == "S-ECHO-DATA"]
    assert found.verdict == "inconclusive"
    assert "too late for its messages to be explored" in str(found.because)
    assert result.outcome == "incomplete"


def test_nothing_is_waited_for_once_all_that_was_selected_has_failed(tmp_path: Path) -> None:
    """What only waits for the server's clock is not even begun, where that is all that is left."""
    for wanted, waits in (("S-PONG",), False), (("S-PONG", "S-ECHO"), True):
        folder = tmp_path / "-".join(wanted)
        folder.mkdir()
        result = server_result(
            find("answers_every_ping_twice"), (), FAST, str(folder), select=wanted
        )
        assert result.outcome == "violated"
        assert (folder / "connects_and_pings.jsonl").exists()
        assert (folder / f"{CLOCKED}.jsonl").exists() == waits


def test_a_run_that_is_to_fail_fast_ends_with_the_first_violation(tmp_path: Path) -> None:
    name = "answers_every_ping_twice"
    server = find(name)
    result = check_server_within(
        lambda: serving(server, FAST),
        lambda url: Target(url, FAST),
        Options(fail_fast=True, traces=str(tmp_path)),
    )
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert verdicts["S-PONG"] == "failed"
    assert verdicts["S-TIMEOUT-LATEST"] == "not_exercised"
    assert (result.outcome, int(result.exit_code)) == ("violated", 1)
    assert any("first MUST" in note for note in result.notes)
    assert not (tmp_path / f"{CLOCKED}.jsonl").exists()


@pytest.mark.parametrize("lateness", [0.0, 0.2])
def test_doubts_of_our_own_making_are_measured_again_whatever_is_violated(
    lateness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is no longer worth while to wait for is, where it was wsbeat that was late."""
    measured: list[str] = []

    def measure_alone(_: ServerRun, scenarios: list[ServerScenario]) -> None:
        measured.extend(each.name for each in scenarios)

    monkeypatch.setattr(ServerRun, "measure_alone", measure_alone)
    monkeypatch.setattr(ServerRun, "is_broken", lambda _: True)
    monkeypatch.setattr(TimeLeft, "allows_a_wait", lambda _: False)
    judged = Tallies.add

    def add(tallies: Tallies, trace: Trace) -> set[str]:
        found = judged(tallies, trace)
        if trace.scenario == CLOCKED and trace.attempt == 1:
            tallies.doubt(CLOCKED, ["S-TIMEOUT-LATEST"], "Who knows?")
            tallies.lateness = max(tallies.lateness, lateness)
        return found

    monkeypatch.setattr(Tallies, "add", add)
    result = server_result(find("compliant"), (), FAST)
    assert (CLOCKED in measured) == bool(lateness)
    assert any(CLOCKED in note for note in result.notes) != bool(lateness)


def closing_nobody_any_more(server: Behaviour) -> Behaviour:
    """What closes silent connections hangs for good at the first that has not taken all."""
    hangs = asyncio.Event()

    @asynccontextmanager
    async def turn(talk: Conversation) -> AsyncIterator[None]:
        if talk.backlog():
            hangs.set()
        if hangs.is_set():
            await asyncio.Event().wait()
        yield

    return replace(server, turn=turn)


@pytest.mark.virtual
def test_a_server_that_has_ceased_to_close_anything_is_found_out() -> None:
    """What it is that kept connections open cannot be told a second time: it still does."""
    timing = spec.load_timing("fast")
    result = check_server_within(
        lambda: serving(replace(find("compliant"), change=closing_nobody_any_more), timing),
        lambda url: Target(url, timing),
        Options(select=("S-NO-QUEUE", "S-TIMEOUT-LATEST")),
    )
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert verdicts["S-NO-QUEUE"] == "inconclusive"
    assert verdicts["S-TIMEOUT-LATEST"] == "failed"
    assert result.outcome == "violated"


@pytest.mark.virtual
def test_what_does_not_wait_is_not_measured_again_for_ever_either() -> None:
    """One end breaks off many first messages, and each takes its time where nobody answers."""
    mutant = find("fails_everybody_when_one_is_reset")
    result = server_result(mutant, (), FAST, queued=True)
    assert {each.requirement.id for each in result.assessments if each.verdict == "failed"} == {
        mutant.requirement
    }
    assert result.duration < ENOUGH * FAST.longest_wait
