"""Where the manual says how many requirements a run was about, these are all there are."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.config.dialect import said_capabilities
from conformance.rules import rules
from conformance.rules.in_dialect import in_dialect
from conformance.trace.trace import Role
from spec.dialect.shipped import shipped
from spec.dialect.timing import timing_of
from tests.mutants.test_matrix import TIMES_THE_LONGEST_WAIT

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DIALECTS = (ROOT / "docs" / "dialects.md").read_text("utf-8")


def counted(words: str) -> int:
    """How many requirements a line that sums up a run is about."""
    return sum(map(int, re.findall(r"(\d+) (?:passed|warned|failed|not\s+applicable)", words)))


def test_the_report_of_the_readme_is_about_every_requirement() -> None:
    [total] = re.findall(r"^conformant \(exit .*$", README, re.M)
    assert counted(total) == len(rules("server"))


def test_what_came_out_in_a_dialect_is_about_every_requirement() -> None:
    """And no more was judged than the dialect speaks of."""
    name, tried = "", 0
    for row in re.findall(r"^\|(.*)\|$", DIALECTS, re.M):
        name = (re.findall(r"^ `([\w.-]+)` ", row) or [name])[0]
        if not (found := counted(row)):
            continue
        tried += 1
        role: Role = "client" if found == len(rules("client")) else "server"
        assert found == len(rules(role)), row
        dialect = shipped(name)
        states = in_dialect(dialect, timing_of(dialect), role, said_capabilities(dialect))
        applying = sum(each.state != "does not apply" for each in states)
        assert counted(row.partition("not applicable")[0].rpartition(",")[0]) <= applying, row
    assert tried >= 9


def test_how_long_a_run_takes_is_what_is_held() -> None:
    """By `tests/mutants/test_matrix.py`, on every mutant."""
    assert TIMES_THE_LONGEST_WAIT == 5
    assert "at most five times" in " ".join(README.split())
