"""What Hypothesis draws for a scenario, here and in a process of its own."""

import os
from itertools import islice

import pytest

from conformance.run.examples import Example
from conformance.run.helper import HarnessFault
from conformance.run.server.exploring.example_source import Draws, drawn_ahead, drawn_here
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario

EXPLORED = [each for each in server_scenarios() if each.kind == "explored"]
EXAMPLES = 12


def drawn(*wanted: ServerScenario) -> list[list[Example]]:
    with drawn_ahead(EXPLORED, EXAMPLES, seed=7) as drawing:
        return [list(drawing.examples(scenario)) for scenario in wanted]


def test_a_process_draws_the_same_for_the_same_seed() -> None:
    found = drawn(*EXPLORED)
    assert found == drawn(*EXPLORED)
    assert {len(examples) for examples in found} == {EXAMPLES}
    said = {type(step) for examples in found for steps in examples for step in steps}
    assert said == {str, bytes}


def test_examples_that_nobody_asked_for_are_left_out() -> None:
    [first, third] = drawn(EXPLORED[0], EXPLORED[2])
    with drawn_ahead(EXPLORED, EXAMPLES, seed=7) as drawing:
        assert list(islice(drawing.examples(EXPLORED[0]), 2)) == first[:2]
        assert list(drawing.examples(EXPLORED[2])) == third


@pytest.mark.parametrize("draws", [drawn_here, drawn_ahead])
def test_what_is_violated_is_shrunk_for_each_requirement(
    draws: Draws,
) -> None:
    """One fault of the server shows with every array, another one with the word null."""
    shortest: dict[str, int] = {}

    def judged(steps: Example) -> set[str]:
        texts = [str(step) for step in steps]
        broken = {"S-ECHO": any("[" in text for text in texts), "S-PONG": "null" in texts}
        found = {name for name, is_broken in broken.items() if is_broken}
        for name in found:
            length = sum(map(len, texts))
            shortest[name] = min(length, shortest.get(name, length))
        return found

    scenario = next(each for each in EXPLORED if each.name == "json_values_of_every_kind")
    with draws([scenario], 200, 7) as drawing:
        drawing.simplify(scenario, judged)
    assert shortest.keys() == {"S-ECHO", "S-PONG"}
    assert shortest["S-ECHO"] <= len("[]" + "null")
    assert shortest["S-PONG"] <= len("null" + "null")


def test_one_by_one_the_same_is_sent() -> None:
    judged: list[Example] = []

    def judge(steps: Example) -> set[str]:
        judged.append(steps)
        return set()

    with drawn_ahead([EXPLORED[1]], EXAMPLES, seed=7) as drawing:
        drawing.simplify(EXPLORED[1], judge)
    assert [judged] == drawn(EXPLORED[1])


@pytest.mark.parametrize("draws", [drawn_here, drawn_ahead])
def test_without_examples_nothing_is_drawn(draws: Draws) -> None:
    with draws(EXPLORED, 0, 0) as drawing:
        assert [list(drawing.examples(each)) for each in EXPLORED] == [[]] * len(EXPLORED)


def test_a_process_that_fails_is_a_fault_of_wsbeat_and_says_why() -> None:
    nowhere = ServerScenario(
        name="nothing",
        kind="explored",
        doc="",
        exercises=(),
        module="conformance.scenarios.server.messages",
    )
    with (
        drawn_ahead([nowhere], EXAMPLES, 0) as drawing,
        pytest.raises(HarnessFault, match="has no attribute 'nothing'"),
    ):
        list(drawing.examples(nowhere))


def test_the_process_does_not_outlive_its_block() -> None:
    with drawn_ahead(EXPLORED, 100_000, 0) as drawing:
        next(drawing.examples(EXPLORED[0]))
        number = drawing.process
    assert number is not None
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
