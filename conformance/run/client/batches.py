"""Messages that no client can use: what is drawn, how it is dealt out, and how it is divided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from conformance.run.examples import draw
from conformance.scenarios.scenario import ClientScenario
from conformance.scenarios.step import Step
from conformance.trace.trace import Trace

CLIENTS = 4
"""To how many clients the messages are said, where that many live side by side."""

Batches: TypeAlias = Callable[[ClientScenario, int, int, int], Sequence[tuple[Step, ...]]]
"""Deals out the messages of a scenario, for so many examples, a seed, to so many clients."""


def batches(
    scenario: ClientScenario, examples: int, seed: int, among: int = CLIENTS
) -> list[tuple[Step, ...]]:
    """The messages of a scenario, dealt out to a few clients: the boundary cases and then others.

    `examples` is how many series are drawn.
    """
    said = [] if scenario.boundary is None else list(scenario.boundary())
    said += _drawn(scenario, examples, seed)
    said = list(dict.fromkeys(said))
    return divided(said, among)


def divided(steps: Sequence[Step], parts: int) -> list[tuple[Step, ...]]:
    """The messages in so many parts of nearly the same size, none of them empty."""
    parts = min(parts, len(steps))
    return [tuple(steps[part::parts]) for part in range(parts)]


def said_at_once(trace: Trace) -> tuple[Step, ...]:
    """The messages of a trace that the harness said in one go: its batch."""
    together: dict[tuple[float, float], list[Step]] = {}
    longest: list[Step] = []
    for event in trace.events:
        if event.kind == "sent" and event.opcode in ("text", "binary"):
            said = together.setdefault((event.earliest, event.latest), [])
            said.append(event.said)
            longest = max(longest, said, key=len)
    return tuple(longest)


def _drawn(scenario: ClientScenario, examples: int, seed: int) -> list[Step]:
    found: list[Step] = []
    draw(scenario, examples, seed, found.extend)
    return found
