"""Mutants as functions of a user's own fail what they fail in the matrix, at production timing."""

from __future__ import annotations

import asyncio

import pytest

from conformance.run.within.check import check_server_here
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from spec import load_timing
from tests.mutants import find
from tests.mutants.serving import serving
from tests.mutants.virtual import EXAMPLES, server_result

PRODUCTION = load_timing("production")

MUTANTS = (
    "compliant",
    "closes_a_tenth_too_early",
    "restarts_the_clock_with_business",
    "skips_the_next_when_it_closes_one",
    "does_not_answer_every_tenth_ping",
)


def failed(result: Result) -> set[str]:
    return {each.requirement.id for each in result.assessments if each.verdict == "failed"}


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.virtual) for name in MUTANTS[:2]),
        *(pytest.param(name, marks=pytest.mark.proof) for name in MUTANTS[2:]),
    ],
)
def test_a_mutant_fails_what_it_fails_in_the_matrix(name: str) -> None:
    mutant = find(name)

    async def serve(port: int) -> None:
        async with serving(mutant, PRODUCTION, port):
            await asyncio.Event().wait()

    target = Target("ws://127.0.0.1:{port}/ws", PRODUCTION, within=f"py:mutants:{name}/ws")
    found = check_server_here(target, Options(examples=EXAMPLES), lambda _: None, serve)
    expected = server_result(mutant, (), PRODUCTION)
    assert failed(found) == failed(expected)
    assert found.outcome == expected.outcome
