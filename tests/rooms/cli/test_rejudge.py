"""`wsbeat judge` judges every file that it is given, or says which of them it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import cli
from conformance.trace.trace import Trace
from tests.traces.notation import trace_of

GOOD = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.4 ended local")
TWICE = trace_of("0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.12 < pong\n 0.4 ended local")
ORDERS = (("good", "bad"), ("bad", "good"), ("good", "bad", "good"))


def saved(folder: Path, **traces: Trace) -> None:
    for name, trace in traces.items():
        (folder / name).write_text("".join(f"{line}\n" for line in trace.to_lines()), "utf-8")


def judged(folder: Path, *names: str) -> Result:
    paths = [str(folder / name) for name in names]
    return CliRunner().invoke(cli, ["judge", *paths, "--select", "S-PONG", "--json", "-"])


@pytest.mark.parametrize("names", ORDERS)
def test_a_fault_is_found_in_whatever_file_it_is(names: tuple[str, ...], tmp_path: Path) -> None:
    saved(tmp_path, good=GOOD, bad=TWICE)
    outcome = judged(tmp_path, *names)
    assert outcome.exit_code == 1, outcome.output
    report = json.loads(outcome.stdout)
    (pong,) = [each for each in report["requirements"] if each["id"] == "S-PONG"]
    assert (pong["satisfied"], pong["violated"]) == (len(names) - 1, 1)
    assert pong["findings"][0]["trace"].endswith("bad")


@pytest.mark.parametrize("spoilt", ["", "junk\n", "# a comment\n"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_file_that_is_no_trace_spoils_the_run(place: int, spoilt: str, tmp_path: Path) -> None:
    saved(tmp_path, good=GOOD, spoilt=GOOD)
    lines = (tmp_path / "spoilt").read_text("utf-8").splitlines(keepends=True)
    kept = [*lines[:3], spoilt, *lines[3:]] if spoilt else lines[:-1]  # or the footer is cut off
    (tmp_path / "spoilt").write_text("".join(kept), "utf-8")
    outcome = judged(tmp_path, *(("spoilt", "good") if place == 0 else ("good", "spoilt")))
    assert outcome.exit_code == 2
    assert str(tmp_path / "spoilt") in outcome.stderr
    assert outcome.stdout == ""


def test_what_is_judged_again_links_to_the_manual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, bad=TWICE)
    monkeypatch.setenv("WSBEAT_MANUAL", "https://docs.example")
    report = json.loads(judged(tmp_path, "bad").stdout)
    (pong,) = [each for each in report["requirements"] if each["id"] == "S-PONG"]
    assert pong["manual"] == "https://docs.example/spec/protocol.html#s-pong"


def test_a_folder_stands_for_all_traces_in_it_and_for_nothing_else_that_is_there(
    tmp_path: Path,
) -> None:
    seen = tmp_path / "seen"
    (seen / "below.jsonl").mkdir(parents=True)
    saved(seen, **{"a.jsonl": GOOD, "b.jsonl": TWICE, "report.json": GOOD})
    saved(tmp_path, beside=GOOD)
    outcome = judged(tmp_path, "seen", "beside")
    assert outcome.exit_code == 1, outcome.output
    (pong,) = [e for e in json.loads(outcome.stdout)["requirements"] if e["id"] == "S-PONG"]
    assert (pong["satisfied"], pong["violated"]) == (2, 1)
    assert pong["findings"][0]["trace"] == str(seen / "b.jsonl")


def test_a_folder_without_traces_is_a_mistake(tmp_path: Path) -> None:
    outcome = judged(tmp_path, ".")
    assert outcome.exit_code == 2
    assert "holds no traces" in outcome.stderr
