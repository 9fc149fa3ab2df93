"""The JUnit report, read back with a plain XML reader: red exactly when the exit code is not 0."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import pytest

from conformance.report.formats.junit import render
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    FAST,
    HOSTILE,
    SECOND_PONG,
    VERDICTS,
    hostile,
    judged,
    passed,
    result,
)


def read(of: Result) -> ElementTree.Element:
    return ElementTree.fromstring(render(of).encode())


def outcomes(of: Result) -> dict[str, list[str]]:
    return {
        case.attrib["name"]: [child.tag for child in case] for case in read(of).iter("testcase")
    }


EXPECTED = {
    "passed": [],
    "failed": ["failure"],
    "warned": ["system-out"],
    "inconclusive": ["error"],
    "not_exercised": ["error"],
    "not_applicable": ["skipped"],
    "excluded": ["skipped"],
    "known_failing": ["skipped", "system-out"],
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_its_element(verdict: Verdict) -> None:
    made = result(passed("S-ACCEPT"), judged("S-PONG", verdict, "for this reason"))
    assert outcomes(made) == {"S-ACCEPT": [], "S-PONG": EXPECTED[verdict]}
    if verdict not in ("passed", "failed", "warned"):
        assert "for this reason" in render(made)


def test_a_should_that_was_not_exercised_is_skipped() -> None:
    made = result(passed("S-ACCEPT"), judged("S-DROP", "not_exercised", "why"))
    assert outcomes(made)["S-DROP"] == ["skipped"]
    assert made.exit_code == 0


@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("first", VERDICTS)
@pytest.mark.parametrize("second", VERDICTS)
@pytest.mark.parametrize("second_name", ["S-PONG", "S-DROP"])
def test_it_is_red_exactly_when_the_exit_code_is_not_0(
    first: Verdict, second: Verdict, second_name: str, interrupted: bool
) -> None:
    made = result(judged("S-ACCEPT", first), judged(second_name, second), interrupted=interrupted)
    counted = Counter(tag for tags in outcomes(made).values() for tag in tags)
    assert bool(counted["failure"] + counted["error"]) == (made.exit_code != 0)
    suite = read(made).find("testsuite")
    assert suite is not None
    assert suite.attrib["failures"] == str(counted["failure"])
    assert suite.attrib["errors"] == str(counted["error"])
    assert suite.attrib["skipped"] == str(counted["skipped"])
    assert suite.attrib["tests"] == str(len(outcomes(made)))


def test_a_failure_has_its_message_and_the_whole_page() -> None:
    case = next(read(result(SECOND_PONG, EARLY_CLOSE)).iter("testcase"))
    assert case.attrib["classname"] == "wsbeat.Ping and pong"
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"] == (
        "S-PONG failed on 1 of 214 occasions: A ping was answered twice."
    )
    assert failure.text is not None
    assert '0.001  <-  {"type":"pong"}' in failure.text
    assert "reproduce  wsbeat server" in failure.text


def test_the_properties_tell_what_was_run() -> None:
    made = read(result(passed("S-PONG"), target=Target("ws://me:secret@host/", FAST)))
    properties = {each.attrib["name"]: each.attrib["value"] for each in made.iter("property")}
    assert properties["target"] == "ws://host/"
    assert properties["timing"] == "fast"
    assert properties["seed"] == "0"
    assert {"wsbeat", "spec", "outcome", "harness_lateness"} <= properties.keys()
    suite = made.find("testsuite")
    assert suite is not None
    assert float(suite.attrib["time"]) == 3.9


@pytest.mark.parametrize("text", [HOSTILE, "x" * 10_000_000, "\x0b\ud800\ufffe", "]]>"])
def test_a_hostile_target_cannot_break_the_xml(text: str) -> None:
    written = render(hostile(text))
    assert len(written) < 500_000
    read_back = ElementTree.fromstring(written.encode())
    assert len(list(read_back.iter("testcase"))) == 8
