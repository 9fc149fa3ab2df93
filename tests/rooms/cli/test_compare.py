"""`wsbeat compare` tells better from worse, and reports that are not alike from those that are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from click.testing import Result as Ran

import spec
from conformance.cli import cli
from conformance.report.comparison import RANKS, UNCHECKED
from conformance.report.formats.json import document, render
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import HOSTILE, URL, hostile, judged, passed, result


def compared(folder: Path, old: Result | str, new: Result | str) -> Ran:
    for name, each in (("old.json", old), ("new.json", new)):
        (folder / name).write_text(each if isinstance(each, str) else render(each), "utf-8")
    return CliRunner().invoke(cli, ["compare", str(folder / "old.json"), str(folder / "new.json")])


def of(verdict: Verdict) -> Result:
    return result(passed("S-ACCEPT"), judged("S-PONG", verdict, "why"))


@pytest.mark.parametrize("old", get_args(Verdict))
@pytest.mark.parametrize("new", get_args(Verdict))
def test_every_pair_of_verdicts_is_told(old: Verdict, new: Verdict, tmp_path: Path) -> None:
    ran = compared(tmp_path, of(old), of(new))
    changes = [line.split("  ")[0] for line in ran.output.splitlines() if "S-PONG, " in line]
    if new in UNCHECKED:
        assert changes == ([] if old in UNCHECKED else ["gone"])
    elif old in UNCHECKED:
        assert changes == ["appeared"]
    elif RANKS[old] == RANKS[new]:
        assert changes == (["still failing"] if new in ("failed", "known_failing") else [])
    else:
        assert changes == ["better" if RANKS[new] > RANKS[old] else "worse"]
    assert ran.exit_code == (1 if changes == ["worse"] else 0)
    last = ran.output.splitlines()[-1]
    assert last.startswith(("worse (exit code 1): 1 worse", "not worse (exit code 0): "))
    assert last.startswith("worse") == bool(ran.exit_code)


def test_what_is_not_in_a_report_at_all_appeared_or_is_gone(tmp_path: Path) -> None:
    ran = compared(tmp_path, result(passed("S-ACCEPT")), result(passed("S-PONG")))
    assert "appeared       S-PONG, not there -> passed\n" in ran.output
    assert "gone           S-ACCEPT, passed -> not there\n" in ran.output
    assert "not worse (exit code 0): 1 appeared, 1 gone" in ran.output


def test_what_happened_is_said(tmp_path: Path) -> None:
    ran = compared(tmp_path, of("passed"), of("failed"))
    assert "worse          S-PONG, passed -> failed: Something was wrong.\n" in ran.output


def test_what_is_not_alike_is_said(tmp_path: Path) -> None:
    target = Target("ws://other/", spec.load_timing("production"), capabilities=Capabilities(False))
    other = document(replace(of("passed"), target=target)) | {"spec": "1.0", "wsbeat": "0.0.9"}
    output = compared(tmp_path, json.dumps(other), of("passed")).output
    for words in (
        f"not alike: the target was ws://other/, and is {URL}",
        "not alike: the timing was production timing, and is fast timing",
        "not alike: the version of wsbeat was wsbeat 0.0.9, and is wsbeat ",
        "not alike: the protocol was protocol 1.0, and is protocol ",
        "not alike: the set of capabilities was bare, and is with echo",
    ):
        assert words in output
    assert "not alike" not in compared(tmp_path, of("passed"), of("failed")).output


CLIENT = json.dumps(document(of("passed")) | {"role": "client"})


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        (CLIENT, "the one report is on a client, the other on a server"),
        ("", "old.json is no report of wsbeat"),
        ("[]", "old.json is no report of wsbeat"),
        ("{}", "old.json is no report of wsbeat"),
        (render(of("passed")).replace('"verdict": "passed"', '"verdict": "fine"'), "is no report"),
        ("[" * 100_000, "is no report"),
    ],
)
def test_what_cannot_be_compared_is_said(old: str, sentence: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, old, of("passed"))
    assert ran.exit_code == 2
    assert sentence.lower() in ran.output.lower()


def test_a_report_that_is_missing_is_named() -> None:
    ran = CliRunner().invoke(cli, ["compare", "no/such.json", "no/such.json"])
    assert (ran.exit_code, "no/such.json cannot be read" in ran.output) == (2, True)


def test_what_a_target_said_is_made_harmless(tmp_path: Path) -> None:
    ran = compared(tmp_path, hostile(), hostile(HOSTILE[:20]))
    assert ran.exit_code == 0, ran.output
    assert ran.output.isprintable() or set("\x1b\x07\0\x85").isdisjoint(ran.output)
