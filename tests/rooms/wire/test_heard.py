"""What came last is told where it was no frame: a proxy answers in HTTP."""

from __future__ import annotations

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.event import Ended
from spec import load_timing
from tests.peers.raw_server import serving

FAST = load_timing("fast")


def test_the_bytes_that_ended_a_stream_inside_a_frame_are_shown() -> None:
    result = check_server_within(
        lambda: serving(FAST, "is cut off by a proxy"),
        lambda url: Target(url, FAST),
        Options(examples=1, select=("S-TIMEOUT-EARLIEST",)),
    )
    [found] = [each for each in result.assessments if each.verdict == "failed"]
    ends = [event.content for event in found.findings[0].events if event.kind == "ended"]
    assert isinstance(ends[0], Ended)
    assert "HTTP/1.1 408 Request Time-out" in ends[0].detail
