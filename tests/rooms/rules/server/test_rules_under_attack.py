"""No rule blames a compliant server, whatever it does; one fault is found, and it alone."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.rules import judge, rules
from conformance.trace.trace import Capabilities
from tests.traces import model
from tests.traces.effort import EFFORT, examples, tries
from tests.traces.mutations import MUTATIONS, Mutation
from tests.traces.notation import in_words, of_outcome, shown, trace_of, violations

SEEDS = tries(400)
WANTED = tries(10)
CHANCE = 0 if EFFORT >= 1 else 5
"""By how much a few of the seeds may differ from what all of them show."""

CORE = Capabilities()

UNSEEN = {"S-BURST", "S-SIZE", "S-GOING-AWAY", "S-MONOTONIC", "D-PROXY", "D-PROXY-SILENT"}
"""What no conversation of the model is large enough for, or is done to its server's process.

Nor has it proxies: `tests/rooms/rules/deployment` gives it some.
"""

ELSEWHERE = UNSEEN | {
    *("S-NO-QUEUE", "S-SURVIVE", "S-DROP", "S-HANG-UP"),
    *("S-PING-FORM", "S-BEYOND-IJSON", "S-DEPTH", "S-CONTROL"),
    *("B-SERVER-PING", "B-NO-LOOP", "B-TIMEOUT"),
}
"""What other tests attack."""

randoms = st.randoms(use_true_random=False)
each_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.__name__)


@examples(150)
@given(randoms)
def test_no_compliant_server_is_blamed(random: Random) -> None:
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
    assert {rule.requirement for rule in rules("server")} - satisfied.keys() <= UNSEEN


@each_mutation
def test_one_fault_is_found_and_it_alone(mutation: Mutation) -> None:
    """At least as undecidable, where the harness was late; mostly as a violation."""
    made: Counter[str] = Counter()
    for seed in range(SEEDS):
        random = Random(seed)
        story = model.story(random, CORE, calm=bool(seed % 2))
        fault = mutation(random, story)
        if fault is None:
            continue
        trace = story.trace()
        seen = list(judge(trace))
        violated = {name for name, each in seen if each.outcome == "violated"}
        assert violated <= {fault}, in_words(seed, fault, trace)
        if fault in violated:
            made["violated"] += 1
        else:
            unsure = any(each.outcome == "undecidable" for _, each in seen)
            assert unsure, in_words(seed, fault, trace)
            made["undecidable"] += 1
    assert made["violated"] >= WANTED, made
    assert made["undecidable"] <= made["violated"] / 3 + CHANCE, made


def test_every_rule_is_attacked() -> None:
    missing = {rule.requirement for rule in rules("server")} - ELSEWHERE
    for seed in range(SEEDS):
        for mutation in MUTATIONS:
            random = Random(seed)
            missing.discard(mutation(random, model.story(random, CORE)) or "")
        if not missing:
            return
    assert not missing


@pytest.mark.parametrize("answered", [200, 199, 150])
def test_a_burst_that_is_cut_short_is_a_fault_of_bursts_alone(answered: int) -> None:
    alone = "\n".join(f"0.0{n} > ping\n0.0{n}5 < pong" for n in range(1, 5))
    burst = "\n".join(["0.1 > ping"] * 200 + ["0.2 < pong"] * answered)
    after = '0.3 > {"a":1}\n0.4 < echo {"a":1}'
    trace = trace_of(f"0.0 opening\n0.005 opened\n{alone}\n{burst}\n{after}")
    assert violations(trace).keys() == (set() if answered == 200 else {"S-BURST"})
    assert bool(of_outcome(trace, "satisfied").get("S-BURST")) == (answered == 200)
