"""How long commands take as processes, by what no such process can do without."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from tests.proof.figure import Figure

ROUNDS = 5
IMPORTS = "import fastapi, uvicorn, hypothesis"


def start_up() -> Figure:
    """Processor time of `wsbeat --help`, by that of `python -c pass`.

    What click takes to be imported is the least that any command with it takes.
    """
    commands = {"help": ("-m", "conformance", "--help"), "click": ("-c", "import click")}
    taken = {name: list[float]() for name in (*commands, "pass")}
    for _ in range(4 * ROUNDS):
        for name, command in {**commands, "pass": ("-c", "pass")}.items():
            taken[name].append(_processor_time(*command))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    best = {name: min(times) for name, times in taken.items()}
    return Figure(
        "wsbeat --help / python -c pass",
        medians["help"] / medians["pass"],
        4,
        more_is_better=False,
        made_of=f"{medians['help'] * 1000:.0f} ms / {medians['pass'] * 1000:.0f} ms of a "
        f"processor; at best {best['help'] / best['pass']:.2f}; importing click alone: "
        f"{medians['click'] / medians['pass']:.2f}",
    )


def virtual_run() -> Figure:
    """Time of a full run on the reference server in virtual time, by that of its imports."""
    command = ("-m", "conformance", "server", "asgi:reference_server:app/ws", "--virtual")
    runs, imports = [], []
    for _ in range(ROUNDS):
        runs.append(_run_time(*command))
        imports.append(_run_time("-c", IMPORTS))
    run_time, import_time = statistics.median(runs), statistics.median(imports)
    return Figure(
        "production run in virtual time / its imports",
        run_time / import_time,
        3,
        more_is_better=False,
        made_of=f"{run_time:.2f} s / {import_time:.2f} s",
    )


def _processor_time(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run_time(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _run_time(*arguments: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
