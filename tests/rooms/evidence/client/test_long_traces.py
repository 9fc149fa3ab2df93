"""What a trace tells about a client is worked out in time that grows with its length."""

from __future__ import annotations

from conformance.evidence.client.evidence import ClientEvidence
from tests.traces.effort import work
from tests.traces.notation import trace_of


def test_what_resembles_a_ping_is_told_without_reading_the_trace_for_each_message() -> None:
    """A client that shouts its pings, and hears echoes: no ping, and much that may be one."""

    def effort(times: int) -> int:
        said = "".join(f"{n} < PING\n{n}.1 > echo {n}\n" for n in range(1, times))
        trace = trace_of(f"0.00 opening\n0.01 opened\n{said}", role="client")
        return work(lambda: ClientEvidence(trace).attempts)

    assert effort(2000) < 3 * effort(1000)
