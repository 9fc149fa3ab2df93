"""Runs of the command on compliant peers, many in a row, some of them on a machine that is busy."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.peers.process import running
from tests.proof.load import busy_loops
from tests.references.client_js.node import ROOT, node

LONGEST = 400.0  # seconds; a run at `fast` timing takes about ten on a machine that is idle
PYTHON = shlex.quote(sys.executable)


@dataclass(frozen=True)
class Tally:
    """What runs came to: how many times each outcome, and each verdict that is no pass."""

    outcomes: Mapping[str, int]
    unsettled: Mapping[str, int]

    @property
    def violations(self) -> int:
        """How many runs found a requirement violated: on a compliant peer, none may."""
        return self.outcomes.get("violated", 0)


def on_the_server(times: int, busy: int = 0, *capabilities: str) -> Tally:
    """Check the reference server so many times in a row, beside so many busy loops.

    `capabilities` are options by which it has them, and by which they are declared of it.
    """
    with running("reference_server", "--port", "0", "--timing", "fast", *capabilities) as server:
        return tally(["server", server.url, *capabilities], times, busy)


def on_the_server_under_plan_b(times: int, busy: int = 0) -> Tally:
    """The same where the server pings."""
    return on_the_server(times, busy, "--server-ping")


def on_the_server_with_inbound_liveness(times: int, busy: int = 0) -> Tally:
    """The same where any message is a beat."""
    return on_the_server(times, busy, "--inbound-liveness")


def on_the_client(times: int, busy: int = 0) -> Tally:
    """The same for the reference client in Python."""
    return tally(["client", "--command", f"{PYTHON} -m reference_client {{url}} --timing fast"],
                 times, busy)  # fmt: skip


def on_the_client_in_javascript(times: int, busy: int = 0) -> Tally:
    """The same for the reference client in JavaScript, on Node."""
    program = shlex.join([node(), str(ROOT / "reference_client" / "heartbeat-connect.js")])
    return tally(["client", "--command", f"{program} {{url}} fast"], times, busy)


def tally(command: Sequence[str], times: int, busy: int = 0) -> Tally:
    """Run a command of wsbeat at `fast` timing so many times and add up what it says."""
    outcomes: Counter[str] = Counter()
    unsettled: Counter[str] = Counter()
    with ExitStack() as stack:
        stack.enter_context(busy_loops(busy))
        for _ in range(times):
            run = subprocess.run(
                [sys.executable, "-m", "conformance", *command, "--timing", "fast", "--json", "-"],
                capture_output=True, text=True, timeout=LONGEST, check=False, cwd=ROOT,
            )  # fmt: skip
            assert run.stdout, run.stderr
            report = json.loads(run.stdout)
            outcomes[report["outcome"]] += 1
            unsettled.update(
                f"{each['id']} {each['verdict']}"
                for each in report["requirements"]
                if each["verdict"] not in ("passed", "not_applicable")
            )
    return Tally(dict(outcomes), dict(unsettled))
