"""The matrix in real time: the command, as a user runs it, on a mutant in processes of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from conformance.trace.trace import Role
from tests.mutants.matrix import (
    REAL_ONLY,
    Report,
    Reports,
    Subject,
    declared,
    known_as,
    peer,
    report_in,
)
from tests.peers.process import running

SIDE_BY_SIDE = 2
EXAMPLES = "10"  # of each exploring scenario
LONGEST = 240.0  # seconds; a run of the suite at `fast` timing takes up to twelve

STARTED = "compliant, started by the suite"
"""The name of what the servers derive from that virtual time cannot show."""

NAIVE = "what the field writes"
"""The name of a client that breaks more than one sentence, and so is no mutant."""


def report(role: Role, name: str) -> Report:
    """What the command finds out about a mutant, or what it derives from."""
    if name == STARTED:
        return _on_started("compliant")
    if name == NAIVE:
        words = [sys.executable, "-m", "tests.mutants.clients.naive", "{url}", "--timing", "fast"]
        return command("client", "--command", shlex.join(words))
    if peer(role, name).requirement in REAL_ONLY:
        return _on_started(name)
    known = known_as(role, name)
    flags = ["--" + each.replace("_", "-") for each in declared(role, name)]
    if role == "client":
        words = [sys.executable, "-m", "tests.mutants.clients", known, "{url}", "--timing", "fast"]
        return command("client", "--command", shlex.join(words), *flags)
    with running("tests.mutants", known, "--port", "0", "--timing", "fast", *flags) as server:
        return command("server", server.url, *flags)


def command(role: Role, *words: str) -> Report:
    """Run the command on what the words say."""
    run = subprocess.run(
        [sys.executable, "-m", "conformance", role, *words,
         "--timing", "fast", "--examples", EXAMPLES, "--json", "-"],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )  # fmt: skip
    assert run.stdout, f"no report on {words}; exit code {run.returncode}: {run.stderr}"
    document = json.loads(run.stdout)
    assert document["exit_code"] == run.returncode
    return report_in(document)


@contextmanager
def reports(subjects: Iterable[Subject]) -> Iterator[Reports]:
    """What is found out about each, as soon as it is; what nobody waits for is left undone."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        try:
            yield {subject: pool.submit(report, *subject) for subject in subjects}
        finally:
            pool.shutdown(cancel_futures=True)


def _on_started(name: str) -> Report:
    words = [sys.executable, "-m", "tests.mutants", name, "--timing", "fast", "--port"]
    return command("server", "--command", f"{shlex.join(words)} {{port}}")
