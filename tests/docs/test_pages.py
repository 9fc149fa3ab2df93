"""The pages in the documentation are what the command prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.process import running

GUIDE = Path(__file__).parents[2] / "docs" / "reading-a-failure.md"
PAGES = re.findall(r"<!-- page: (\S+) (\S+) -->\n```text\n(.*?)\n```", GUIDE.read_text(), re.S)
LONGEST = 60.0


def _settled(page: str) -> str:
    """A page without what differs from run to run: times, counts, ports, and how lines break."""
    drawn = re.sub(r"^ +0 -.*$|^ +[\d. ]+$", "", page, flags=re.M)
    return re.sub(r"[\s-]+", " ", re.sub(r"\d+", "0", drawn)).strip()


def test_the_guide_has_its_three_pages() -> None:
    assert len(PAGES) == 3


@pytest.mark.parametrize(("mutant", "requirement", "page"), PAGES)
def test_a_page_of_the_guide_is_what_is_printed(mutant: str, requirement: str, page: str) -> None:
    with running("tests.mutants", mutant, "--port", "0", "--timing", "fast") as server:
        command = [sys.executable, "-m", "conformance", "server", server.url]
        run = subprocess.run(
            [*command, "--timing", "fast", "--select", requirement],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    assert run.returncode == 1, run.stderr
    printed = run.stdout[run.stdout.index(f"-- {requirement} failed") :]
    printed = printed[: printed.index("\nviolated (exit code 1)")]
    assert _settled(printed) == _settled(page)
