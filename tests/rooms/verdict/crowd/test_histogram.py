"""A histogram is as small for a million times as for ten, and off by a fifth at the most."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.verdict.crowd.histogram import GROWTH, LEAST, Histogram

times = st.lists(st.floats(0, 1000), min_size=1, max_size=200)


def histogram(of: list[float]) -> Histogram:
    made = Histogram()
    for each in of:
        made.add(each)
    return made


@given(times, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_a_fifth_too_long_at_the_most(of: list[float], part: float) -> None:
    exact = sorted(of)[max(0, -int(-part * len(of) // 1) - 1)]
    found = histogram(of).quantile(part)
    assert exact <= found * 1.0001 + LEAST
    assert found <= max(exact * GROWTH * 1.0001, LEAST)


@given(times, times)
def test_those_of_two_workers_are_that_of_both(one: list[float], other: list[float]) -> None:
    assert Histogram.of([histogram(one), histogram(other)]) == histogram(one + other)


@given(times)
def test_it_travels_as_json(of: list[float]) -> None:
    made = histogram(of)
    read = Histogram.from_json(json.loads(json.dumps(made.to_json())))
    assert read.steps == made.steps
    assert abs(read.longest - made.longest) < 1e-5


@given(times)
def test_what_lies_within_bounds_is_all_there_is(of: list[float]) -> None:
    counts = histogram(of).within([0.001, 0.01, 0.1, 1, 10])
    assert sum(counts) == len(of)
    assert min(counts) >= 0


def test_it_does_not_grow_with_what_it_counts() -> None:
    assert len(histogram([0.001 * (1 + n % 97) for n in range(100_000)]).steps) < 40
