"""Jobs of the process that plays scenarios on clients travel as lines."""

from __future__ import annotations

from dataclasses import replace

from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, tasks_in
from conformance.scenarios import client_scenarios
from conformance.targets.client import ClientTarget
from spec import load_timing
from spec.dialect.shipped import shipped


def test_a_job_is_read_as_it_was_written_in_any_dialect() -> None:
    for dialect in (shipped("wsbeat"), shipped("trpc")):
        target = ClientTarget("command", "x {url}", load_timing("fast"), dialect=dialect)
        tasks = tuple(Task(each, ("hello", b"\x00")) for each in client_scenarios()[:3])
        job = ClientJob(target, tasks, attempt=2, seed=7)
        first, second = job.lines()
        assert replace(ClientJob.from_line(first), tasks=tasks_in(second)) == job
