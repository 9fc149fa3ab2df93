"""A client that answers answers is not answered without end, and nothing is held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.wire.client.answering import MOST_IN_A_SECOND, Answering
from spec import load_timing
from tests.mutants.clients.behaviour import Answer, Life
from tests.mutants.clients.compliant import answers, is_pong
from tests.mutants.clients.mutant import find
from tests.mutants.virtual import client_result


def test_so_many_answers_are_given_within_a_second_and_as_many_in_the_next() -> None:
    answering = Answering()
    for now in (7.0, 8.5):
        assert all(answering.goes_on(now) for _ in range(MOST_IN_A_SECOND))
        assert not answering.ceases
        assert [(answering.goes_on(now), answering.ceases) for _ in range(2)] == [
            (False, True),
            (False, False),
        ]


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
