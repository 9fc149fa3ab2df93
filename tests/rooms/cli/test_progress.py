"""What is shown while a run goes on: the plan first, then little enough to be read."""

from __future__ import annotations

import io
import re

from rich.console import Console

from conformance.cli.showing.progress import plan_lines, watching
from conformance.run.plan import Plan, Progress

PLAN = Plan(20, 14, 60, 134.2)


def shown(*told: Plan | Progress, terminal: bool = False, about: str = "ws://h/") -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None)
    with watching(console, about) as watch:
        for each in told:
            watch(each)
    return file.getvalue()


def steps(*moments: float) -> list[Progress]:
    return [Progress(moment, 134.0, 12, 14, "waiting for the clock") for moment in moments]


def test_the_plan_comes_before_everything_else() -> None:
    assert shown(PLAN).splitlines() == [
        "checking ws://h/",
        "20 requirements, 14 scenarios, up to 60 connections, about 134 s",
    ]
    assert plan_lines(Plan(1, 1, 1, 4.0, longer="twice that"), "x")[2] == "twice that"
    assert plan_lines(Plan(1, 1, 1, 0.4), "x")[1] == (
        "1 requirement, 1 scenario, up to 1 connection, about 0 s"
    )


def test_a_log_gets_a_line_every_10_seconds() -> None:
    told = steps(*(moment / 10 for moment in range(1, 351)))
    assert shown(PLAN, *told).splitlines()[2:] == [
        "  10 s of about 134 s: 12 of 14 scenarios done",
        "  20 s of about 134 s: 12 of 14 scenarios done",
        "  30 s of about 134 s: 12 of 14 scenarios done",
    ]


def test_a_run_that_takes_longer_than_expected_says_so() -> None:
    assert "150 s of more than 134 s" in shown(PLAN, *steps(150.0))


def test_a_log_has_no_control_sequences() -> None:
    assert "\x1b" not in shown(PLAN, *steps(0.5, 20.0, 31.0))
    assert "\r" not in shown(PLAN, *steps(0.5, 20.0, 31.0))


def test_a_terminal_gets_a_line_that_goes_away() -> None:
    text = shown(PLAN, *steps(1.0, 2.0), terminal=True)
    assert "2 of about 134 s" in text
    assert "12 of 14 done, waiting for the clock" in text
    assert re.search(r"\x1b\[2K\s*$|\x1b\[2K[^\n]*$", text)


def test_what_is_checked_is_not_taken_for_markup() -> None:
    for terminal in (False, True):
        assert "[red]ws://h/" in shown(PLAN, terminal=terminal, about="[red]ws://h/")


def test_progress_without_a_plan_is_no_fault() -> None:
    assert shown(*steps(1.0), terminal=True) is not None
