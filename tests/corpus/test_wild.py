"""Whatever becomes of a trace, the rules say something of it, and do not break down."""

from __future__ import annotations

from random import Random
from typing import get_args

import pytest

from conformance.rules import judge
from conformance.trace.file import read_traces
from conformance.trace.trace import Role
from tests.corpus.files import recorded, traces_in
from tests.corpus.wild import wild

DRAWN = 100
PARTS = 4
LARGEST = 400
"""How many events a trace may have: few are altered more readily."""


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.virtual) for part in range(1, PARTS))]
)
@pytest.mark.parametrize("role", get_args(Role))
def test_no_altered_trace_breaks_a_rule_down(role: Role, part: int) -> None:
    known = [
        trace
        for path in recorded()
        if path.parent.name == role
        for trace in traces_in(path, trusted=True)
        if len(trace.events) <= LARGEST
    ]
    for seed in range(part * DRAWN, (part + 1) * DRAWN):
        trace = wild(Random(seed), known)
        # What is written down says the same when it is read, whatever it is.
        (again,) = read_traces(list(trace.to_lines()), "wild")
        assert list(judge(again)) == list(judge(trace)), f"seed {seed}, {trace.scenario}"
