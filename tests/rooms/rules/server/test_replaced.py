"""Servers on which a newer connection of a user ends the older, where that is declared."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from spec import load_timing
from tests.mutants.behaviour import Behaviour, Close, Conversation, Reaction
from tests.mutants.mutant import Mutant
from tests.mutants.virtual import server_result
from tests.traces.notation import trace_of, violations

DECLARED = Capabilities(one_per_user=True)
OPENED = "0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n"
PLACES = 200


@pytest.mark.parametrize("said", ["", "0.69 > ping\n", "0.69 > binary 00\n"])
def test_an_older_connection_may_be_ended_where_that_is_declared(said: str) -> None:
    seen = f"{OPENED}{said}0.70 < close 4001 replaced\n0.71 > close 4001\n0.72 ended eof"
    assert violations(trace_of(seen, capabilities=DECLARED)) == {}
    assert len(violations(trace_of(seen, attempt=2))) == 1


@pytest.mark.parametrize("close", ["1000", "1001", "1008", "3999"])
def test_the_code_is_one_of_an_application(close: str) -> None:
    seen = trace_of(f"{OPENED}0.70 < close {close}", capabilities=DECLARED, attempt=2)
    assert violations(seen).keys() == {"S-TIMEOUT-EARLIEST"}


def test_a_silent_connection_is_closed_as_ever() -> None:
    seen = trace_of(f"{OPENED}1.60 < close 4001 replaced", capabilities=DECLARED)
    assert violations(seen).keys() == {"S-TIMEOUT-CODE"}


def test_the_reason_of_the_heartbeat_is_none_for_that() -> None:
    seen = trace_of(f"{OPENED}0.70 < close 4001 heartbeat timeout", capabilities=DECLARED)
    assert violations(seen).keys() == {"S-TIMEOUT-CODE"}


def _run_on_one_that_replaces(end: Close, *declared: str) -> Result:
    """What a run finds on a server that ends the oldest connection when there are too many."""
    replaced = set[asyncio.Task[None]]()

    def change(server: Behaviour) -> Behaviour:
        async def replace_one(talk: Conversation) -> None:
            await next(iter(talk.house.guests.values()))([end])

        def greeting(talk: Conversation) -> Reaction:
            if len(talk.house.guests) > PLACES:
                replaced.add(asyncio.create_task(replace_one(talk)))
            return []

        return replace(server, greeting=greeting)

    mutant = Mutant("replaces_the_oldest", None, "It is full of one user.", change, {})
    result = server_result(mutant, declared, load_timing("fast"))
    assert replaced, "or nothing would be shown"
    return result


@pytest.mark.parametrize(
    "end", [Close(4001, "replaced"), pytest.param(Close(4009), marks=pytest.mark.virtual)], ids=str
)
def test_a_server_that_does_so_is_conformant(end: Close) -> None:
    assert _run_on_one_that_replaces(end, "one_per_user").outcome == "conformant"
    assert _run_on_one_that_replaces(end).outcome == "violated"
