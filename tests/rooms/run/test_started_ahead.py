"""A worker process that is started before its job is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.run.helper import Helper
from conformance.run.server.worker import ServerJob
from conformance.run.worker import started_ahead
from conformance.scenarios.server.liveness import falls_silent_after_a_ping
from conformance.targets.server import Target
from tests.peers.process import running
from tests.rooms.run.test_worker import UNHURRIED, everything
from tests.traces.notation import FAST


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        yield Target(server.url, FAST)


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> list[Helper]:
    """The processes that a test starts, as they are started."""
    found: list[Helper] = []

    def remembered(module: str) -> Helper:
        found.append(Helper(module))
        return found[-1]

    monkeypatch.setattr("conformance.run.worker.Helper", remembered)
    return found


def test_a_process_started_ahead_gets_the_first_job_and_no_other(
    target: Target, helpers: list[Helper]
) -> None:
    job = ServerJob.of(target, [falls_silent_after_a_ping], attempt=1, seed=0)
    with started_ahead(ServerJob.MODULE) as start:
        assert len(helpers) == 1
        for started in (1, 2):
            with start(job) as worker:
                (trace,) = everything(worker)
                assert (trace.end, len(helpers)) == ("finished", started)


def test_a_process_started_ahead_ends_in_order_without_a_job(helpers: list[Helper]) -> None:
    with started_ahead(ServerJob.MODULE, stopping=UNHURRIED):
        pass
    assert [each.popen.returncode for each in helpers] == [0]
