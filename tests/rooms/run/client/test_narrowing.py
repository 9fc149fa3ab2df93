"""A message that a client does not survive is looked for while other scenarios are still played."""

from __future__ import annotations

import pytest

from conformance.run.client.narrowing import DIVISIONS, Narrowing
from conformance.run.client.session import Task
from conformance.scenarios import client_scenarios
from spec import load_timing
from tests.mutants.clients.mutant import find
from tests.mutants.virtual import client_result

FAST = load_timing("fast")
SAYS = next(each for each in client_scenarios() if each.steps is not None)


def batch(count: int) -> Task:
    return Task(SAYS, tuple(str(number) for number in range(count)))


def test_the_smallest_batch_is_divided_and_then_the_smallest_of_its_parts() -> None:
    narrowing = Narrowing(deadly=[batch(9), batch(4), batch(6)])
    assert [each.steps for each in narrowing.next_tasks(3)] == [("0", "3"), ("1",), ("2",)]
    assert narrowing.next_tasks(3) == []


def test_nothing_is_divided_once_one_message_is_known() -> None:
    narrowing = Narrowing(deadly=[batch(9), batch(1)])
    assert narrowing.next_tasks(3) == []
    narrowing.deadly.append(batch(5))
    assert narrowing.next_tasks(3) == []


def test_it_is_given_up_after_some_divisions() -> None:
    narrowing = Narrowing()
    for _ in range(DIVISIONS):
        narrowing.deadly.append(batch(100))
        assert narrowing.next_tasks(2)
    narrowing.deadly.append(batch(100))
    assert narrowing.next_tasks(2) == []


@pytest.mark.parametrize(
    "name",
    [
        "dies_of_an_echo",
        pytest.param("goes_deaf_at_text_that_is_not_json", marks=pytest.mark.virtual),
        pytest.param("hangs_on_text_that_is_not_json", marks=pytest.mark.virtual),
    ],
)
def test_a_run_of_a_broken_client_takes_no_more_than_twice_as_long_as_one_of_a_good_one(
    name: str,
) -> None:
    good, broken = (client_result(find(each), (), FAST) for each in ("compliant", name))
    assert broken.duration <= 2 * good.duration
    assert "C-TOLERATE" in {x.requirement.id for x in broken.assessments if x.verdict == "failed"}
