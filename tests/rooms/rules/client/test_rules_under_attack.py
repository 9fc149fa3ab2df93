"""No rule blames a compliant client, whatever is done to it; one fault is found, and it alone."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.rules import judge, rules
from tests.traces import client_model as model
from tests.traces.client_mutations import MUTATIONS, Mutation
from tests.traces.effort import examples, tries
from tests.traces.notation import in_words, of_outcome, shown, violations

SEEDS = tries(1000)
WANTED = tries(15)
ENOUGH = tries(60)
CHECKED = {rule.requirement for rule in rules("client")}

randoms = st.randoms(use_true_random=False)
each_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.__name__)


@examples(150)
@given(randoms)
def test_no_compliant_client_is_blamed(random: Random) -> None:
    found = violations(model.story(random).trace())
    assert not found, "\n".join(shown(found))


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.virtual) for part in range(1, 4))]
)
def test_none_of_thousands_is_blamed(part: int) -> None:
    for seed in range(part * 1000, part * 1000 + tries(1000)):
        found = violations(model.story(Random(seed)).trace())
        assert not found, f"seed {seed}: " + "\n".join(shown(found))


@pytest.mark.parametrize("seed", range(tries(40)))
def test_when_the_harness_is_in_time_nothing_is_undecidable(seed: int) -> None:
    trace = model.story(Random(seed), calm=True).trace()
    found = of_outcome(trace, "undecidable")
    assert not found, "\n".join(shown(found))


def test_the_model_gives_occasion_to_see_every_requirement() -> None:
    satisfied: Counter[str] = Counter()
    for seed in range(SEEDS):
        satisfied.update(of_outcome(model.story(Random(seed)).trace(), "satisfied").keys())
    assert satisfied.keys() == CHECKED


@each_mutation
def test_one_fault_is_found_and_it_alone(mutation: Mutation) -> None:
    """At least as undecidable, where the harness was late; mostly as a violation."""
    made: Counter[str] = Counter()
    for seed in range(SEEDS):
        random = Random(seed)
        story = model.story(random, calm=bool(seed % 2))
        fault = mutation(random, story)
        if fault is None:
            continue
        trace = story.trace()
        seen = list(judge(trace))
        violated = {name for name, each in seen if each.outcome == "violated"}
        assert violated <= {fault}, in_words(seed, fault, trace)
        if fault in violated:
            made["violated"] += 1
            if made["violated"] == ENOUGH:
                break
        else:
            unsure = any(each.outcome == "undecidable" for _, each in seen)
            assert unsure, in_words(seed, fault, trace)
            made["undecidable"] += 1
    assert made["violated"] >= WANTED, made
    assert made["undecidable"] <= made["violated"] / 3, made


def test_every_rule_is_attacked() -> None:
    faults = set()
    for mutation in MUTATIONS:
        for seed in range(SEEDS):
            random = Random(seed)
            fault = mutation(random, model.story(random))
            if fault is not None:
                faults.add(fault)
                break
    assert faults == CHECKED
