"""The tests that the page on false greens names are tests that are run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "false-greens.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!What goes wrong|-)", line)]
LONGEST = 120.0  # seconds


def test_every_way_has_a_guard_and_a_test() -> None:
    rows = [row for row in ROWS if not row.startswith("|---")]
    assert len(rows) >= 20
    for row in rows:
        wrong, guard, shown = [cell.strip() for cell in row.strip("| ").split(" | ")]
        assert wrong.endswith(".")
        assert guard.endswith(".")
        assert re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", shown), row


def test_every_test_that_is_named_is_collected() -> None:
    """By pytest itself: one that was renamed, or is no longer run, is not."""
    files = sorted({name.partition("::")[0] for name in NAMED})
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    collected = {line.partition("[")[0] for line in ran.stdout.splitlines() if "::" in line}
    collected |= {line.partition("::")[0] for line in collected}
    assert [name for name in NAMED if name not in collected] == []
