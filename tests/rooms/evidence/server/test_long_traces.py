"""What a trace tells about a server is worked out in time that grows with its length."""

from __future__ import annotations

from conformance.evidence.server.evidence import Evidence
from tests.traces.effort import work
from tests.traces.notation import trace_of


def test_what_ended_no_connection_is_told_without_reading_it_for_each_message() -> None:
    """A server that answers nothing, and a client that talks on."""

    def effort(times: int) -> int:
        said = "".join(f"{n} > not JSON {n}\n" for n in range(1, times))
        trace = trace_of(f"0.00 opening\n0.01 opened\n{said}{times + 9} silent")
        return work(lambda: Evidence(trace).harmless)

    assert effort(2000) < 3 * effort(1000)
