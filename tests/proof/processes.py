"""How long commands take as processes, by what no such process can do without."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from tests.proof.figure import Figure

ROUNDS = 5
IMPORTS = "import fastapi, uvicorn, hypothesis"


def start_up() -> Figure:
    """Time of `wsbeat --help`, by that of `python -c pass`."""
    helps, passes = [], []
    for _ in range(4 * ROUNDS):
        helps.append(_run_time("-m", "conformance", "--help"))
        passes.append(_run_time("-c", "pass"))
    help_time, pass_time = statistics.median(helps), statistics.median(passes)
    return Figure(
        "wsbeat --help / python -c pass",
        help_time / pass_time,
        8,
        more_is_better=False,
        made_of=f"{help_time * 1000:.0f} ms / {pass_time * 1000:.0f} ms",
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


def _run_time(*arguments: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
