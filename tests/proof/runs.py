"""Runs of the command on compliant peers, many in a row, some of them on a machine that is busy."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.peers.process import started
from tests.proof.load import busy_loops
from tests.references.client_js.node import ROOT, node

LONGEST = 400.0  # seconds; a run at `fast` timing takes about ten on a machine that is idle
PEERS = ROOT / "tests" / "peers"
FAST = ("--port", "0", "--timing", "fast")

Report: TypeAlias = Mapping[str, Any]
"""The JSON report of a run."""

Command: TypeAlias = Callable[[], Sequence[str]]
"""Says how to start a peer; it is asked when that is done, for not every machine has Node."""


@dataclass(frozen=True)
class Server:
    """A compliant server, and the options by which capabilities are declared of it."""

    command: Command
    declared: Sequence[str] = ()


@dataclass(frozen=True)
class Client:
    """A compliant client; `{url}` stands where its command wants to be told the URL."""

    command: Command


def _module(name: str, *arguments: str) -> Command:
    return lambda: [sys.executable, "-m", name, *arguments]


def _program(path: Path, *arguments: str) -> Command:
    return lambda: [node(), str(path), *arguments]


COMPLIANT: dict[str, Server | Client] = {
    "reference server": Server(_module("reference_server", *FAST)),
    "reference server under Plan B": Server(
        _module("reference_server", *FAST, "--server-ping"), ("--server-ping",)
    ),
    "reference server with inbound liveness": Server(
        _module("reference_server", *FAST, "--inbound-liveness"), ("--inbound-liveness",)
    ),
    "FastAPI server with all mends": Server(_module("tests.peers.mends.server", *FAST)),
    "aiohttp server": Server(_module("tests.peers.aiohttp_server", *FAST)),
    "Node server (ws)": Server(_program(PEERS / "ws_server.mjs", *FAST)),
    "the mutants' base": Server(_module("tests.mutants", "compliant", *FAST)),
    "reference client in Python": Client(_module("reference_client", "{url}", "--timing", "fast")),
    "reference client in JavaScript": Client(
        _program(ROOT / "reference_client" / "heartbeat-connect.js", "{url}", "fast")
    ),
    "aiohttp client": Client(_module("tests.peers.aiohttp_client", "{url}", "--timing", "fast")),
    "Node client (ws)": Client(_program(PEERS / "ws_client.mjs", "{url}", "--timing", "fast")),
    "Node client (ws) that answers pings": Client(
        _program(PEERS / "ws_client.mjs", "{url}", "--timing", "fast", "--answer-pings")
    ),
    "Node client (ws) that connects beforehand": Client(
        _program(PEERS / "ws_client.mjs", "{url}", "--timing", "fast", "--beforehand")
    ),
}
"""The references, and what others have made of the contract with what it leaves open."""


@dataclass(frozen=True)
class Tally:
    """What runs came to: how many times each outcome, and each verdict that is no pass."""

    outcomes: Mapping[str, int]
    unsettled: Mapping[str, int]

    @property
    def violations(self) -> int:
        """How many runs found a requirement violated: on a compliant peer, none may."""
        return self.outcomes.get("violated", 0)


def on(name: str, times: int, busy: int = 0) -> Tally:
    """Check a compliant peer so many times in a row, beside so many busy loops."""
    with busy_loops(busy), checking(name) as command:
        return tally([reported(command) for _ in range(times)])


@contextmanager
def checking(name: str) -> Iterator[Sequence[str]]:
    """The words of wsbeat that check a peer, which is there for as long as the block lasts."""
    peer = COMPLIANT[name]
    if isinstance(peer, Client):
        yield ["client", "--command", shlex.join(peer.command())]
        return
    with started(peer.command()) as server:
        yield ["server", server.url, *peer.declared]


def reported(command: Sequence[str], longest: float = LONGEST) -> Report:
    """Run a command of wsbeat at `fast` timing; what it says, which has to come in time."""
    run = subprocess.run(
        [sys.executable, "-m", "conformance", *command, "--timing", "fast", "--json", "-"],
        capture_output=True, text=True, timeout=longest, check=False, cwd=ROOT,
    )  # fmt: skip
    assert run.stdout, run.stderr
    report: Report = json.loads(run.stdout)
    return report


def tally(reports: Iterable[Report]) -> Tally:
    """What runs came to, taken together."""
    outcomes: Counter[str] = Counter()
    unsettled: Counter[str] = Counter()
    for report in reports:
        outcomes[report["outcome"]] += 1
        unsettled.update(
            f"{each['id']} {each['verdict']}"
            for each in report["requirements"]
            if each["verdict"] not in ("passed", "not_applicable")
        )
    return Tally(dict(outcomes), dict(unsettled))
