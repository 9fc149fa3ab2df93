"""`python -m tests.proof.interruptions`: runs ended at random moments leave nothing behind.

Each starts its peer by a command that starts a further process, so that there are grandchildren.
Signals come once, twice, mixed or as a SIGKILL. Two seconds later nothing may be alive that the run
started, and unless it was killed it has to end with exit code 3 and a report.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, TypeAlias, get_args

from tests.proof.load import busy_loops

Role: TypeAlias = Literal["server", "client", "virtual"]
Signals: TypeAlias = tuple[signal.Signals, ...]

WAYS: tuple[Signals, ...] = (
    (signal.SIGINT,),
    (signal.SIGTERM,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM, signal.SIGTERM),
    (signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    (signal.SIGKILL,),
)
ROLES = get_args(Role)
LASTS: dict[Role, float] = {"server": 4.0, "client": 8.0, "virtual": 2.0}
"""Within how many seconds after its plan a run is interrupted."""

GONE_WITHIN = 2.0
"""Seconds after the first signal by which everything has to be gone."""

LOOK = 0.05
"""Seconds between two looks at what is left."""

LONGEST = 60.0
"""Seconds that wsbeat itself may take to report on a machine that is busy."""

MARK = "WSBEAT_TEST_RUN"
"""The environment variable by which all that a run starts is known."""

PYTHON = shlex.quote(sys.executable)
PEERS: dict[Role, tuple[str, ...]] = {
    "server": ("server", "/ws", "--command",
               f"sh -c '{PYTHON} -m reference_server --port {{port}} --timing fast; exit'"),
    "client": ("client", "--command",
               f"sh -c '{PYTHON} -m reference_client {{url}} --timing fast; exit'"),
    "virtual": ("server", "asgi:reference_server:app/ws", "--virtual"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended that was sent signals."""

    code: int
    reported: bool
    seconds: float
    """From the first signal until all that it had started was gone, or was waited for in vain."""
    left: tuple[str, ...]
    """What was still alive then."""
    errors: str

    def fault(self, signals: Signals) -> str | None:
        """What is wrong with it, if anything is."""
        if self.left:
            return f"left behind: {self.left}"
        if "Traceback" in self.errors:
            return f"a traceback: {self.errors}"
        if signal.SIGKILL in signals:
            return None
        if self.code not in (0, 3):
            return f"exit code {self.code}: {self.errors}"
        return None if self.reported else f"no report: {self.errors}"


def interrupted(
    role: Role, after: float, signals: Signals, pause: float, *, to_group: bool = False
) -> Ending:
    """Run the command, and send it signals `after` so many seconds, `pause` seconds apart.

    A terminal sends them to the whole group. A run that was over before is one that nothing had to
    be done about.
    """
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        run = subprocess.Popen(
            [sys.executable, "-m", "conformance", *PEERS[role], "--timing", "fast",
             "--json", str(report)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, MARK: mark}, process_group=0,
            # A shell's background jobs ignore SIGINT, and so would what is started from there.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )  # fmt: skip
        assert run.stderr is not None
        run.stderr.readline()
        with suppress(subprocess.TimeoutExpired):
            run.wait(after)
        begun = time.monotonic()
        for each in signals:
            if to_group:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, each)
            else:
                run.send_signal(each)
            with suppress(subprocess.TimeoutExpired):
                run.wait(pause)
        # Its own report is what wsbeat still takes time for when all that it started is gone.
        while left := tuple(each for each in marked(mark) if each[0] != run.pid):
            if time.monotonic() - begun > GONE_WITHIN:
                break
            with suppress(subprocess.TimeoutExpired):
                run.wait(LOOK)
        seconds = time.monotonic() - begun
        for number, _ in left:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        _, errors = run.communicate(timeout=LONGEST)
        reported = report.is_file() and "outcome" in json.loads(report.read_text("utf-8"))
        return Ending(run.returncode, reported, seconds, tuple(name for _, name in left), errors)


def marked(mark: str) -> Iterator[tuple[int, str]]:
    """The processes that have a mark in their environment, with their commands."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                yield int(folder.name), command.decode(errors="replace")[:100]


def main(arguments: Sequence[str] | None = None) -> int:
    """Interrupt runs, and print each that did not end as it should; return 1 if any did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.interruptions")
    parser.add_argument("--count", type=int, default=200, help="runs (%(default)s)")
    parser.add_argument("--busy", type=int, default=2, help="busy loops beside (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    chance, faults, slowest = Random(given.seed), 0, 0.0
    with busy_loops(given.busy):
        for number in range(given.count):
            role: Role = ROLES[number % len(ROLES)]
            signals, to_group = chance.choice(WAYS), chance.random() < 0.5
            after, pause = chance.uniform(0.0, LASTS[role]), chance.choice((0.0, 0.01, 0.1, 0.4))
            ending = interrupted(role, after, signals, pause, to_group=to_group)
            slowest = max(slowest, ending.seconds)
            if fault := ending.fault(signals):
                faults += 1
                names = " ".join(each.name for each in signals)
                whom = "the group" if to_group else "wsbeat"
                print(f"{role} after {after:.2f} s, {names} to {whom}: {fault}", flush=True)
    print(f"{given.count} runs, {faults} faults, all gone after {slowest:.2f} s at the most")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
