"""A crowd that workers of Dask live, and what becomes of it without them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import spec
from conformance.cli.demo import reference_server
from conformance.run.plan import Plan, Progress
from conformance.run.server.crowd.on_dask import DaskHands
from conformance.run.server.crowd.run import CrowdRun
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.verdict.selection import UsageError

pytestmark = [pytest.mark.proof, pytest.mark.alone]

FAST = spec.load_timing("fast")
SIZE = 96
START = 40.0
"""How long (seconds) Dask may take to be there."""


@dataclass
class Cluster:
    """A scheduler of Dask with two workers, each a process of its own on this machine."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    started = dask("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    made = Cluster(address, started)
    try:
        for host in ("127.0.0.1", "127.0.0.2"):
            made.workers.append(
                dask(
                    "dask_worker", address, "--host", host, "--nthreads", "1", "--no-nanny",
                    "--no-dashboard", "--local-directory", str(tmp_path / host),
                )
            )  # fmt: skip
        wait_for_workers(address, 2)
        yield made
    finally:
        made.end()


def dask(module: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_workers(address: str, count: int) -> None:
    by = time.monotonic() + START
    while time.monotonic() < by:
        try:
            with closing(DaskHands(address, None)) as hands:
                if hands.count() == count:
                    return
        except UsageError:
            pass
        time.sleep(0.2)
    raise TimeoutError("Dask did not come up")


def lived(cluster: Cluster, watch: Callable[[Plan | Progress], None]) -> Result:
    with reference_server("fast") as url, closing(DaskHands(cluster.address, None)) as hands:
        return CrowdRun(Target(url, FAST), Options(crowd=Crowd((SIZE,))), watch, hands).go()


def nothing(_: Plan | Progress) -> None:
    pass


def failed(result: Result) -> list[str]:
    return [each.requirement.id for each in result.assessments if each.verdict == "failed"]


def test_two_workers_at_two_addresses_come_to_the_verdicts_of_one(cluster: Cluster) -> None:
    result = lived(cluster, nothing)
    figures = result.crowd
    assert figures is not None
    assert figures.lost == ()
    assert figures.harness.workers == 2
    assert failed(result) == []
    assert figures.kept["S-ACCEPT"] == SIZE
    assert figures.measures["reply"].count > 400


def test_a_worker_that_is_killed_is_said_and_the_run_goes_on(cluster: Cluster) -> None:
    killed: list[int] = []

    def kills(news: Plan | Progress) -> None:
        if isinstance(news, Progress) and news.elapsed > 5 and not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    result = lived(cluster, kills)
    figures = result.crowd
    assert figures is not None
    assert figures.lost_connections == SIZE // 2
    assert len(figures.lost) == 1
    assert "is gone" in figures.lost[0]
    assert result.outcome == "incomplete"
    assert failed(result) == []


def test_a_scheduler_that_is_gone_ends_the_run_with_a_report(cluster: Cluster) -> None:
    gone: list[float] = []

    def kills(news: Plan | Progress) -> None:
        if isinstance(news, Progress) and news.elapsed > 5 and not gone:
            gone.append(time.monotonic())
            cluster.scheduler.kill()

    result = lived(cluster, kills)
    figures = result.crowd
    assert figures is not None
    assert figures.lost_connections == SIZE
    assert result.outcome == "incomplete"
    assert failed(result) == []


def test_where_no_scheduler_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.run.server.crowd.on_dask.ANSWER_WITHIN", 1.0)
    with pytest.raises(UsageError, match="no Dask scheduler answers there"):
        DaskHands("tcp://127.0.0.1:1", None)
