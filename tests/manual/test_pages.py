"""The pages in the documentation are what the command prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.peers.process import running

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGE = re.compile(r"<!-- page: (\S+) (\S+) -->\n```text\n(.*?)\n```", re.S)
CLIENT_PAGE = re.compile(r"<!-- client page: (\S+) (\S+) -->\n```text\n(.*?)\n?```", re.S)
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PAGES = [page for path in DOCUMENTS for page in PAGE.findall(path.read_text())]
CLIENT_PAGES = [page for path in DOCUMENTS for page in CLIENT_PAGE.findall(path.read_text())]
LONGEST = 180.0


def _settled(page: str) -> str:
    """A page without what differs from run to run.

    Those are times and how closely they are known, counts, ports, how lines break, which of several
    scenarios found it first, and what a busy machine left unexplored. Codes are the same each time.
    """
    page = re.sub(r"\n  note: .*?(?=\n\n|\Z)", "", page.partition("\n  also ")[0], flags=re.S)
    page = re.sub(r"scenario \w+", "scenario", page)
    page = re.sub(r"at\s+most [\d.]+ m?s", "at most 0 ms", page)
    page = re.sub(r"(\d+\.\d+)\.\.\d+\.\d+", r"\1", page)
    drawn = re.sub(r"^ +0 -.*$|^ +[\d. ]+$", "", page, flags=re.M)
    words = re.sub(r"[\s-]+", " ", drawn).strip()
    return re.sub(r"(?<!Close )(?<!exit code )(?<!HTTP )(?<!\d)\d+", "0", words)


def test_the_readme_has_a_page_and_the_guide_three() -> None:
    assert len(PAGES) >= 1 + 3
    assert CLIENT_PAGES


def test_the_report_in_the_readme_is_what_is_printed() -> None:
    (report,) = re.findall(r"<!-- report -->\n```text\n(.*?)\n```", README, re.S)
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        printed = _run(server.url, expected=0)
    *lines, total = report.splitlines()
    for line in lines:
        if line.strip() != "...":
            assert _settled(line) in _settled(printed)
    # How many there are of each verdict is the same each time.
    assert printed.splitlines()[-1] == total


@pytest.fixture(scope="module")
def client_pages() -> Iterator[dict[str, Future[str]]]:
    """What is printed for each page on a client, which waits while servers are looked at."""
    with ThreadPoolExecutor(1) as pool:
        yield {
            page: pool.submit(printed_client_page, mutant, requirement)
            for mutant, requirement, page in CLIENT_PAGES
        }


@pytest.mark.usefixtures("client_pages")
@pytest.mark.parametrize(("mutant", "requirement", "page"), PAGES)
def test_a_page_of_the_guide_is_what_is_printed(mutant: str, requirement: str, page: str) -> None:
    assert _settled(printed_page(mutant, requirement)) == _settled(page)


@pytest.mark.parametrize("page", [page for _, _, page in CLIENT_PAGES])
def test_a_page_on_a_client_is_what_is_printed(
    page: str, client_pages: dict[str, Future[str]]
) -> None:
    printed = client_pages[page].result()
    assert _settled(_any_reason(printed)) == _settled(_any_reason(page))


def _any_reason(page: str) -> str:
    """A page without the reasons of closes, which differ with the scenario that found it first."""
    return re.sub(r'(Close\s+\d+)\s+"[^"]*"', r"\1", page)


def printed_page(mutant: str, requirement: str) -> str:
    """What the command prints of the requirement that a mutant breaks."""
    with running("tests.mutants", mutant, "--port", "0", "--timing", "fast") as server:
        return _page(_run(server.url, "--select", requirement, expected=1), requirement)


def printed_client_page(mutant: str, requirement: str) -> str:
    """The same of a client that wsbeat starts."""
    command = f"python -m tests.mutants.clients {mutant} {{url}}"
    options = ("--command", command, "--select", requirement)
    return _page(_run(*options, command="client", expected=1), requirement)


def _page(printed: str, requirement: str) -> str:
    printed = printed[printed.index(f"-- {requirement} failed") :]
    return printed[: printed.index("\nviolated (exit code 1)")].strip()


def _run(*arguments: str, command: str = "server", expected: int) -> str:
    """What the command prints about a server or a client at `fast` timing."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        [sys.executable, "-m", "conformance", command, *arguments, "--timing", "fast"],
        env={**os.environ, "PATH": beside},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert run.returncode == expected, run.stdout + run.stderr
    return run.stdout
