"""The matrix in virtual time: each mutant in the event loop of the suite, in worker processes."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from conformance.config.dialect import said_capabilities
from conformance.run.virtual import check_client_within, check_server_within
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities, Role
from conformance.verdict.result import Result
from spec import Timing, load_timing
from spec.dialect.shipped import protocol
from tests.mutants.clients.host import MutantHost
from tests.mutants.clients.mutant import ClientMutant
from tests.mutants.clients.mutant import find as find_client
from tests.mutants.clients.tongue import ClientTongue
from tests.mutants.drawn_once import batches_once, drawn_once, schedules_once
from tests.mutants.matrix import Report, Reports, Subject, declared, has_manner, known_as, report_of
from tests.mutants.mutant import Mutant, find
from tests.mutants.serving import serving
from tests.mutants.tongue import Tongue

WORKERS = 3
"""How many processes compute at a time: each waits, again and again, for what may be under way."""


class ReportOn(Protocol):
    """Finds out about a mutant, or what it derives from, by its name."""

    def __call__(self, role: Role, name: str, *select: str) -> Report: ...


GIVES_WAY = 19
"""Increment for os.nice() of the workers: time does not matter to them."""

OBJECTS = 50_000
"""After so many new ones garbage is looked for: what a run makes and drops is mostly none."""

LONGEST = 600.0  # seconds of real time; a run takes about two where nobody else wants to compute
EXAMPLES = 6  # of each exploring scenario: what breaks is broken by the boundary cases, too


def server_result(
    mutant: Mutant,
    capabilities: tuple[str, ...],
    timing: Timing,
    traces: str | None = None,
    *,
    echo: bool = True,
    max_message: int | None = None,
    max_connections: int | None = None,
    queued: bool = False,
    select: tuple[str, ...] = (),
    tongue: Tongue | None = None,
) -> Result:
    """What a run on a server finds out that has the capabilities, which are declared of it."""
    known = Capabilities(echo=echo, **dict.fromkeys(capabilities, True))
    dialect = protocol()
    if tongue is not None:
        dialect, capabilities = tongue.dialect, (*capabilities, *tongue.declares)
        known = said_capabilities(dialect)
    return check_server_within(
        lambda: serving(mutant, timing, declared=capabilities, queued=queued, tongue=tongue),
        lambda url: Target(
            url,
            timing,
            capabilities=known,
            max_message=max_message,
            max_connections=max_connections or mutant.places,
            dialect=dialect,
        ),
        Options(examples=EXAMPLES, traces=traces, select=select),
        drawn_once,
        schedules_once,
    )


def client_result(
    mutant: ClientMutant,
    capabilities: tuple[str, ...],
    timing: Timing,
    traces: str | None = None,
    *,
    select: tuple[str, ...] = (),
    tongue: ClientTongue | None = None,
) -> Result:
    """What a run on a client finds out, of which the capabilities are declared."""
    dialect = protocol() if tongue is None else tongue.dialect
    known = Capabilities(**dict.fromkeys(capabilities, True))
    known = known if dialect.is_protocol else said_capabilities(dialect)
    command = f"python -m tests.mutants.clients {mutant.name} {{url}}"
    target = ClientTarget("command", command, timing, capabilities=known, dialect=dialect)
    options = Options(examples=EXAMPLES, traces=traces, select=select)
    host = MutantHost(mutant, timing, tongue)
    return check_client_within(host, target, options, batches_once)


def report(
    role: Role,
    name: str,
    traces: str | None = None,
    select: tuple[str, ...] = (),
    timing_name: str = "fast",
) -> Report:
    """What the suite finds out about a mutant, or what it derives from, in virtual time.

    `traces` is a folder that gets everything that was seen; `select` are globs over
    requirements.
    """
    capabilities, timing = declared(role, name), load_timing(timing_name)
    known = known_as(role, name)
    # Who waits in virtual time for what is not in it, waits for ever.
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    try:
        return report_of(
            server_result(
                find(known),
                capabilities,
                timing,
                traces,
                echo=not has_manner("no echo", name),
                queued=has_manner("queue", name),
                select=select,
            )
            if role == "server"
            else client_result(find_client(known), capabilities, timing, traces, select=select)
        )
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def reports(
    subjects: Iterable[Subject], timing: str = "fast", workers: int = WORKERS
) -> Iterator[Reports]:
    """What is found out about each, as soon as it is; what nobody waits for is left undone.

    It is found out beside whatever else goes on, and gives way to that.
    """
    with _pool(workers) as pool:
        try:
            yield {subject: pool.submit(report, *subject, None, (), timing) for subject in subjects}
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def process() -> Iterator[ReportOn]:
    """A process of which one report after the other is asked for; it gives way to others, too.

    What Hypothesis draws depends on the modules that a process has loaded: here they are always
    the same, whichever tests run.
    """
    with _pool(1) as pool:
        yield lambda role, name, *select: pool.submit(report, role, name, None, select).result()


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin)


def _begin() -> None:
    """Give way to others, and end with the process that asks for reports, however that ends."""
    os.nice(GIVES_WAY)
    gc.freeze()
    gc.set_threshold(OBJECTS)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    wait([parent.sentinel])
    os._exit(1)
