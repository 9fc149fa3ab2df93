"""Jobs travel as lines; and a crowd that is soon over, from the command's own beginning to its end.

What takes a crowd that lives for longer is shown beside it, live.
"""

from __future__ import annotations

from conformance.cli.demo import reference_server
from conformance.run.server.crowd.check import check_crowd
from conformance.run.server.crowd.job import CrowdJob
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from spec import load_timing
from spec.dialect.shipped import shipped

FAST = load_timing("fast")


def test_a_job_is_read_as_it_was_written() -> None:
    for dialect in (shipped("wsbeat"), shipped("trpc")):
        target = Target(
            "wss://127.0.0.1/ws",
            FAST,
            dialect=dialect,
            headers={"Authorization": "Bearer s3cr3t"},
            subprotocols=("beat",),
            capabilities=Capabilities(inbound_liveness=True),
        )
        job = CrowdJob(target, 7, first=1, step=2, stages={"resets": 2.0}, sources=("127.0.0.1",))
        assert CrowdJob.from_json(job.to_json()) == job


def test_a_short_crowd_is_lived_and_judged() -> None:
    with reference_server("fast") as url:
        asked = Options(crowd=Crowd((32,), lasting=2.5, workers=2))
        result = check_crowd(Target(url, FAST), asked, lambda _: None)
    assert result.crowd is not None
    assert result.crowd.lost == ()
    assert result.crowd.accepted >= 32
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert verdicts["S-PONG"] == "passed"
    assert "failed" not in verdicts.values()
