"""A client that answers answers is not answered without end, and nothing is held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.wire.client.answering import IN_A_SECOND, MOST_AT_ONCE, Answering
from spec import load_timing
from tests.mutants.clients.behaviour import Answer, Life
from tests.mutants.clients.compliant import answers, is_pong
from tests.mutants.clients.mutant import find
from tests.mutants.virtual import client_result


def test_so_many_answers_are_given_at_once_and_few_from_then_on() -> None:
    answering = Answering()
    assert all(answering.goes_on(7.0) for _ in range(MOST_AT_ONCE))
    assert not answering.goes_on(7.0)
    assert (answering.ceases(), answering.ceases()) == (True, False), "it is told of once"
    assert sum(answering.goes_on(8.0) for _ in range(MOST_AT_ONCE)) == IN_A_SECOND
    calm = 8.0 + MOST_AT_ONCE / IN_A_SECOND
    assert sum(answering.goes_on(calm + 60.0) for _ in range(2 * MOST_AT_ONCE)) == MOST_AT_ONCE


def objects(life: Life, value: object) -> Sequence[Answer]:
    """Answer whatever is unknown with an error message: echoes of such messages, too."""
    return answers(life, value) if is_pong(value) else ['{"type":"error"}']


def test_in_virtual_time_a_client_that_answers_echoes_is_done_with_and_told_of() -> None:
    """No moment passes while each of both sides answers the other."""
    mutant = find("compliant")
    client = replace(mutant, change=lambda client: replace(client, answers=objects))
    result = client_result(client, (), load_timing("fast"), select=("C-TOLERATE", "C-STAY"))
    assert result.outcome == "conformant"
    [note] = result.notes
    assert "ceased to answer" in note


def pings(life: Life, value: object) -> Sequence[Answer]:
    """Answer a pong with a ping, which gets a pong."""
    said = answers(life, value)
    return [*said, '{"type":"ping"}'] if is_pong(value) else said


def test_in_virtual_time_a_client_that_pings_for_each_pong_is_done_with_and_found_wrong() -> None:
    mutant = find("compliant")
    client = replace(mutant, change=lambda client: replace(client, answers=pings))
    result = client_result(client, (), load_timing("fast"), select=("C-PING-*",))
    failed = {each.requirement.id for each in result.assessments if each.verdict == "failed"}
    assert failed == {"C-PING-CADENCE"}
