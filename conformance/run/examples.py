"""Examples of what is said in explored scenarios, drawn and simplified by Hypothesis."""

# ruff: noqa: PLC0415 - only who draws loads Hypothesis, which takes a fifth of a second.

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from conformance.scenarios.scenario import Scenario
from conformance.scenarios.step import Step

if TYPE_CHECKING:
    from hypothesis import Phase

Example: TypeAlias = Sequence[Step]


Judged: TypeAlias = Callable[[Example], set[str]]
"""Sends an example; returns the IDs of the requirements that it violates."""


class Violation(Exception):
    """Tells Hypothesis that an example broke something; each requirement has its own subclass."""


def draw(scenario: Scenario, examples: int, seed: int, take: Callable[[Example], None]) -> None:
    """Draw so many examples of an explored scenario, without sending any."""
    from hypothesis import Phase

    _given(scenario, examples, seed, take, Phase.generate)


def simplify(scenario: Scenario, examples: int, seed: int, judged: Judged) -> None:
    """Have so many examples judged one by one, and simpler ones for each requirement violated."""
    from hypothesis import Phase
    from hypothesis.errors import Flaky

    classes: dict[str, type[Violation]] = {}

    def example(steps: Example) -> None:
        for requirement in sorted(judged(steps)):
            raise _violation(requirement, classes)

    try:
        _given(scenario, examples, seed, example, Phase.generate, Phase.shrink)
    except* (Violation, Flaky):
        pass  # Whoever judges has counted every violation; these only steered the shrinking.


def _given(
    scenario: Scenario,
    examples: int,
    seed: int,
    example: Callable[[Example], None],
    *phases: Phase,
) -> None:
    """Give Hypothesis' examples to a function: always the same for a seed, and nothing is kept."""
    if scenario.steps is None or not examples:
        return
    import hypothesis

    settings = hypothesis.settings(
        max_examples=examples,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )

    @settings
    @hypothesis.seed(seed)
    @hypothesis.given(scenario.steps())
    def given(steps: list[Step]) -> None:
        example(steps)

    given()


def _violation(requirement: str, classes: dict[str, type[Violation]]) -> Violation:
    """An exception of the requirement's own class: Hypothesis shrinks each class by itself."""
    if requirement not in classes:
        classes[requirement] = type(f"Violation of {requirement}", (Violation,), {})
    return classes[requirement](requirement)
