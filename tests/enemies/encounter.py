"""What becomes of a run on an enemy: its verdict, how long it took, how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import spec
from conformance.run.server.coverage import SERVER_START_UP
from conformance.run.server.exploring.exploration import EXPLORATION_LASTS
from conformance.scenarios import scenarios
from conformance.wire.ends.framing import SENDING
from tests.enemies.enemy import Enemy
from tests.peers.process import running

EXAMPLES = "20"  # of each exploring scenario
WINDOWS = 10  # the first, and a second measurement of each scenario that may be left undecided
MOST_MEMORY = 300.0  # MiB
SAMPLED_EVERY = 0.02  # seconds
MEBIBYTE = 1024  # in the unit of /proc, KiB


@dataclass(frozen=True)
class Encounter:
    """A run on an enemy. `memory` is the peak of all processes of wsbeat together, in MiB.

    `documents` are the reports by their forms, `console` what was printed.
    """

    exit_code: int
    seconds: float
    memory: float
    console: str
    documents: dict[str, str]

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each requirement; none where there was no connection at all."""
        if "json" not in self.documents:
            return {}
        report: dict[str, Any] = json.loads(self.documents["json"])
        return {each["id"]: each["verdict"] for each in report["requirements"]}

    @property
    def outcome(self) -> str:
        """What the run says of the enemy."""
        if "json" not in self.documents:
            return "unreachable"
        return str(json.loads(self.documents["json"])["outcome"])


def on_the_clock() -> list[str]:
    """What the scenarios exercise that wait for a server's clock."""
    waiting = [each for each in scenarios() if (each.role, each.kind) == ("server", "clocked")]
    return sorted({name for each in waiting for name in each.exercises})


def longest_run(timing: spec.Timing) -> float:
    """How long (seconds) a run lasts at the most, whatever the server does."""
    window = timing.longest_wait
    return max(EXPLORATION_LASTS, window) + WINDOWS * window + 2 * SENDING


def encounter(enemy: Enemy, *options: str) -> Encounter:
    """Run the command as a user would, at `fast` timing, on an enemy in a process of its own."""
    with TemporaryDirectory() as folder, running("tests.enemies", enemy.name) as server:
        traces = Path(folder) / "traces"
        traces.mkdir()
        paths = {form: Path(folder) / form for form in ("json", "junit", "markdown", "html")}
        command = [sys.executable, "-m", "conformance", "server", server.url, "--timing", "fast"]
        command += ["--examples", EXAMPLES, "--traces", str(traces)]
        for name in () if enemy.clock else on_the_clock():
            command += ["--exclude", name]
        for form, path in paths.items():
            command += [f"--{form}", str(path)]
        given_up = longest_run(spec.load_timing("fast")) + 2 * SERVER_START_UP
        begun = monotonic()
        with (
            subprocess.Popen(
                [*command, *enemy.options, *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="surrogateescape",
            ) as run,
            Scales(run.pid) as scales,
        ):
            try:
                console, _ = run.communicate(timeout=given_up)
            finally:
                run.kill()
        return Encounter(
            run.returncode,
            monotonic() - begun,
            scales.peak / MEBIBYTE,
            console,
            {form: path.read_text("utf-8") for form, path in paths.items() if path.exists()},
        )


class Scales:
    """Weighs a process and all that it starts, for as long as the block lasts.

    `peak` is the largest sum, over the processes that live at one moment, of what each has taken
    at its own worst moment so far, in KiB: at least what they ever took together.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._weigh, daemon=True)

    def __enter__(self) -> Scales:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _weigh(self) -> None:
        while not self._over.wait(SAMPLED_EVERY):
            living = (self._pid, *_children(self._pid))
            self.peak = max(self.peak, sum(map(_peak_of, living)))


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # It is over.
        return []


def _peak_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
