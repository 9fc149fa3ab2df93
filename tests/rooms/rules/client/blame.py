"""Stories of clients, and which requirements they violate."""

from __future__ import annotations

from conformance.trace.trace import Capabilities, Trace
from tests.traces.notation import trace_of, violations

OPENS = """
    0.00 started command
    0.10 opening
    0.11 requested GET / HTTP/1.1
    0.12 opened
"""
BEATS = """
    0.40 < ping
    0.41 > pong
    1.00 < ping
    1.01 > pong
"""
RETURNS = """
    #2 1.90 opening
    #2 1.91 requested GET / HTTP/1.1
    #2 1.92 opened
"""
REFUSED = """
    1.50 ended local
    #2 1.90 opening
    #2 1.91 requested GET
    #2 1.95 refused 503
    #2 1.96 ended local
"""


def seen(*parts: str, told: Capabilities | None = None) -> Trace:
    """The trace of a client that the parts of a story make."""
    return trace_of("\n".join(parts), role="client", capabilities=told or Capabilities())


def blamed(*parts: str, told: Capabilities | None = None) -> set[str]:
    """What is violated in the story."""
    return set(violations(seen(*parts, told=told)))
