"""A finding: one occasion on which a requirement was violated, as reports show it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, takewhile

from conformance.rules.observation import Observation, Window
from conformance.trace.event import WHOLE_TRACE, Event
from conformance.trace.trace import Trace

FEW = 3
"""How many messages are shown at the most that led to what a rule names."""

MOST_BETWEEN = 16
"""How many events are shown at the most of a client, where both sides are."""

LONG = 4096
"""How many characters a text has that may be why what was said with it went wrong."""

DATA = ("text", "binary", "close")

SLOW_HANDSHAKE = 0.25
"""How long (seconds) a handshake takes, before what follows may come of that."""

AT_ONCE = 0.05
"""Within how many seconds something is said as if it were said in one go."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, with the shortest exchange that shows it.

    `trace` is the file with the whole story, where traces were kept; `reproduce` is a command.
    `before` is what led to it: events that no rule names, and without which nobody sees the cause.
    `does` says what is done in the scenario.
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
    is_meant: bool = False
    """Whether the scenario is there to show what is violated."""
    before: tuple[Event, ...] = ()
    does: str = ""
    story: Trace | None = field(default=None, repr=False, compare=False)
    """All that was seen when it happened."""
    replay: str = ""
    """A command that plays just that again; empty where no trace was kept."""


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
        story=trace,
    )


def leading_to(observation: Observation, trace: Trace) -> Iterator[Event]:
    """What was said on a connection, besides what shows a violation there, and may explain it.

    Of a server that is what was said last before an end that is shown with nothing that was said
    before it; and what was said right before the message from which time is counted. Of a client it
    is what was said between what is shown: who reads that nothing more came, takes it as it says.
    """
    if not observation.events:
        return
    shown = [trace.events[n] for n in sorted(observation.events)]
    if trace.role != "server":
        yield from _between(shown, trace)
        return
    if not any(event.kind == "jumped" for event in shown):
        yield from (
            event
            for event in trace.events[: shown[-1].n]
            if event.kind == "jumped" and event.connection == WHOLE_TRACE
        )
    for connection in dict.fromkeys(event.connection for event in shown):
        own = [event for event in shown if event.connection == connection]
        first, last = own[0], own[-1]
        said: Iterator[Event]
        if first.kind == "sent" and observation.window is not None:
            since = first.earliest - AT_ONCE
            said = takewhile(partial(_was_since, since), _said_before(first, observation, trace))
        elif (last.opcode == "close" or last.kind in ("ended", "broken")) and not any(
            event.kind == "sent" for event in own
        ):
            said = _said_before(last, observation, trace)
        elif observation.window is None and first.kind == "sent":
            said = _unusual_beside(own, observation, trace)
        else:
            continue
        yield from reversed(list(islice(said, FEW)))
        if first.opcode == "fragment":
            yield from islice(_begun_elsewhere(first, trace), FEW)


def _unusual_beside(
    own: Sequence[Event], observation: Observation, trace: Trace
) -> Iterator[Event]:
    """What was said in one go with a message, or before its end, that servers stumble over.

    That is what is large, binary or in frames of its own, the last first.
    """
    since = own[0].earliest - AT_ONCE
    for event in takewhile(partial(_was_since, since), _said_before(own[-1], observation, trace)):
        is_long = isinstance(event.content, str) and len(event.content) > LONG
        if is_long or event.opcode in ("binary", "fragment"):
            yield event


def _begun_elsewhere(first: Event, trace: Trace) -> Iterator[Event]:
    """The messages that had begun on other connections, and had not ended."""
    for connection, events in trace.by_connection.items():
        sent = [each for each in events if each.kind == "sent" and each.n < first.n]
        data = [each for each in sent if each.opcode in (*DATA, "fragment")]
        if connection != first.connection and data and data[-1].opcode == "fragment":
            yield data[-1]


def _between(shown: Sequence[Event], trace: Trace) -> Sequence[Event]:
    """The messages between the first and the last of those shown of each connection.

    Where they are many, they are those of the client alone: what it did itself is never left out.
    """
    found: list[Event] = []
    for number in dict.fromkeys(event.connection for event in shown):
        own = [event.n for event in shown if event.connection == number]
        found += _slow_handshake(own[0], trace, number)
        found += [
            event
            for event in trace.by_connection.get(number, ())
            if event.opcode in DATA and own[0] < event.n < own[-1] and event.n not in own
        ]
    if len(found) + len(shown) <= MOST_BETWEEN:
        return found
    return [event for event in found if event.kind == "received"]


def _slow_handshake(first: int, trace: Trace, number: int) -> Sequence[Event]:
    """The beginning of an attempt, where its opening is shown first, and took long to come."""
    began = next(iter(trace.by_connection.get(number, ())), None)
    opened = trace.events[first]
    if opened.kind != "opened" or began is None or opened.earliest - began.latest < SLOW_HANDSHAKE:
        return ()
    return (began,)


def _was_since(moment: float, event: Event) -> bool:
    return event.latest > moment


def _said_before(event: Event, observation: Observation, trace: Trace) -> Iterator[Event]:
    """What was sent on the connection of an event before it and is not shown, the last first."""
    events = trace.by_connection.get(event.connection, ())
    for place in range(bisect_left(events, event.n, key=lambda each: each.n) - 1, -1, -1):
        if events[place].kind == "sent" and events[place].n not in observation.events:
            yield events[place]
