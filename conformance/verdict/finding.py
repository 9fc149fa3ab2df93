"""A finding: one occasion on which a requirement was violated, as reports show it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.rules.observation import Observation, Window
from conformance.trace.event import Event
from conformance.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, with the shortest exchange that shows it.

    `trace` is the file with the whole story, where traces were kept; `reproduce` is a command.
    """

    scenario: str
    message: str
    expected: str
    actual: str
    events: tuple[Event, ...]
    window: Window | None = None
    trace: str | None = None
    reproduce: str = ""
    printed: str = ""
    """The last lines that the client printed meanwhile, as far as they are known."""


def size_of(finding: Finding) -> tuple[int, int]:
    texts = (event.content for event in finding.events if isinstance(event.content, str))
    return len(finding.events), sum(map(len, texts))


def finding_of(observation: Observation, trace: Trace) -> Finding:
    return Finding(
        scenario=trace.scenario,
        message=observation.message,
        expected=observation.expected,
        actual=observation.actual,
        events=tuple(trace.events[n] for n in observation.events),
        window=observation.window,
        trace=trace.source,
        printed=trace.printed,
    )
