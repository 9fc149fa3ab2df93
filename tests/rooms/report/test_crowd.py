"""What reports say of a crowd, in every form."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import spec
from conformance.report import crowd
from conformance.report.formats import FORMATS, render
from conformance.report.formats.json import document
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.verdict.crowd.census import MEASURES
from conformance.verdict.crowd.figures import Breach, CrowdFigures, Harness, Step
from conformance.verdict.crowd.histogram import Histogram
from conformance.verdict.result import Result
from tests.rooms.report.printed import printed
from tests.rooms.report.samples import NEVER_CLOSED, passed, result


def histogram(*times: float) -> Histogram:
    made = Histogram()
    for each in times:
        made.add(each)
    return made


FIGURES = CrowdFigures(
    connections=3000,
    lasted=61.2,
    ramp=6.0,
    most_open=2988,
    accepted=4012,
    accepted_per_second=497.2,
    refused=3,
    kept={"S-PONG": 2711, "S-ONLY-PINGS": 2},
    breaches=(Breach("S-ONLY-PINGS", 41, 23.42, 2871),),
    measures={name: Histogram() for name in MEASURES}
    | {"reply": histogram(*[0.0008] * 900, *[0.02] * 90, *[0.25] * 10)},
    harness=Harness(2, 0.000131, 20 * 1024, 0.019, 0.054, 4.7),
    undecidable=7,
    steps=(
        Step(1000, (), 489.0, 0.004),
        Step(3000, ("S-ONLY-PINGS",), 497.2, 0.02),
    ),
)


@pytest.fixture
def crowded() -> Result:
    told = result(NEVER_CLOSED, passed("S-PONG"), options=Options(crowd=Crowd((1000, 3000))))
    return replace(told, crowd=FIGURES)


def test_for_how_many_it_was_broken_and_since_when(crowded: Result) -> None:
    said = " ".join(printed(crowded).split())
    assert (
        "broken S-ONLY-PINGS on 41 of 3000 places, first after 23.4 s, when there were 2871 "
        "connections" in said
    )
    assert "a crowd of 3000 connections" in said
    assert "497 a second while the crowd came; 3 got none" in said


def test_the_step_at_which_it_broke_is_told(crowded: Result) -> None:
    said = " ".join(printed(crowded).split())
    assert "with 1000 all was kept" in said
    assert "with 3000 S-ONLY-PINGS broke" in said


def test_a_histogram_is_drawn(crowded: Result) -> None:
    lines = [line.strip() for line in printed(crowded).splitlines()]
    assert f"up to 1 ms    900  {'#' * crowd.BAR}" in lines
    assert "up to 300 ms   10  #" in lines


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_every_form_bears_it(crowded: Result, row: object) -> None:
    assert render(row.name, crowded)  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_pages_say_it_too(crowded: Result, form: str) -> None:
    text = render(form, crowded)
    assert "41 of 3000 places" in text


def test_the_page_draws_the_histogram(crowded: Result) -> None:
    text = render("html", crowded)
    assert "replies, after the message" in text
    assert 'width="300.0"' in text


def test_the_json_report_is_valid_by_its_schema(crowded: Result) -> None:
    told = json.loads(json.dumps(document(crowded)))
    assert spec.validate("report", told) == []
    assert told["crowd"]["requirements"][1] == {
        "id": "S-ONLY-PINGS",
        "kept_on": 2,
        "broken_on": 41,
        "first": 23.42,
        "open_then": 2871,
    }
    assert told["crowd"]["measures"]["reply"]["quantiles"]["0.5"] < 0.001


def test_a_run_without_a_crowd_says_nothing_of_one() -> None:
    assert "crowd" not in document(result(passed("S-PONG")))


def test_a_lost_worker_leaves_the_run_incomplete(crowded: Result) -> None:
    lost = replace(FIGURES, lost=("Worker 2 was lost.",), lost_connections=1500, breaches=())
    told = replace(crowded, assessments=(passed("S-PONG"),), crowd=lost)
    assert (told.outcome, int(told.exit_code)) == ("incomplete", 3)
    assert "1500 connections, with 1 workers" in printed(told)
