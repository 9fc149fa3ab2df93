"""What the suite says of the endpoint that one writes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import spec
from conformance.run.check import check_server
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment
from tests.peers.process import running

# On a busy machine a run says so and decides less: it shrinks no examples, and leaves a queue open.
pytestmark = [pytest.mark.proof, pytest.mark.alone]

BROKEN = {
    "S-ECHO": "0",  # `message.get` of what is no object kills the handler
    "S-IGNORE-NOT-JSON": "NaN",  # Python's parser takes it for a number
    "S-BINARY": b"",  # `receive_text` of a binary message kills the handler
}
"""What the endpoint breaks, and the smallest message that shows it."""

QUEUE = "S-NO-QUEUE"
"""What it breaks without a message: its checker waits for a peer that reads nothing."""


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    with running("tests.peers.naive_server", "--port", "0", "--timing", "fast") as server:
        target = Target(server.url, spec.load_timing("fast"))
        yield check_server(target, Options(), lambda _: None)


def about(name: str, result: Result) -> Assessment:
    return next(each for each in result.assessments if each.requirement.id == name)


def test_it_fails_with_exactly_what_it_breaks(result: Result) -> None:
    failed = {each.requirement.id for each in result.assessments if each.verdict == "failed"}
    assert failed == {*BROKEN, QUEUE}
    assert "inconclusive" not in result.counts


@pytest.mark.parametrize("name", BROKEN)
def test_each_failure_is_shown_by_a_minimal_example(name: str, result: Result) -> None:
    finding = about(name, result).findings[0]
    sent = [event.content for event in finding.events if event.kind == "sent"]
    assert len(sent) == 1
    assert len(str(sent[0])) <= len(str(BROKEN[name])) + len('{"type":"ping"}')


def test_the_queue_is_shown_by_one_who_reads_nothing_and_one_who_had_to_wait(
    result: Result,
) -> None:
    finding = about(QUEUE, result).findings[0]
    assert finding.scenario == "falls_silent_beside_peers_that_read_nothing"
    assert {"paused", "sent"} <= {event.kind for event in finding.events}
    assert len({event.connection for event in finding.events}) == 2


@pytest.mark.parametrize("name", ["S-BEYOND-IJSON", "S-DEPTH"])
def test_what_cannot_be_examined_says_what_has_to_be_mended_first(
    name: str, result: Result
) -> None:
    assessment = about(name, result)
    assert assessment.verdict == "not_exercised"
    assert assessment.because is not None
    assert "S-ECHO" in assessment.because
