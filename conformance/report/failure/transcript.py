"""The exchange that shows a failure, line by line: who said what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from conformance.report.wording import seconds
from conformance.targets.printable import printable
from conformance.trace.event import RESOLUTION, Close, Ended, Event, Kind, Refusal

MOST_LINES = 24


ALIKE = 3
"""How many lines in a row may say the same, but for numbers; of more, the first and the last do."""


LONGEST_MESSAGE = 400


BYTES_SHOWN = 16


ARROWS: Mapping[Kind, str] = {
    "sent": "->",
    "received": "<-",
    "said_first": "->",
    "heard_first": "<-",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when (seconds since the first one), the direction, and what was said.

    What stands in parentheses was no text message: a frame of another kind, or an event beside
    the messages. `connection` is empty where all lines are of the same one.
    """

    at: str
    arrow: str
    said: str
    connection: str = ""


def lines(events: Sequence[Event]) -> tuple[Line, ...]:
    """The events as lines, in the order in which they happened; the middle of many is left out."""
    ordered = sorted(events, key=lambda event: event.n)
    if not ordered:
        return ()
    # What takes long to be sent may be answered before it has left.
    start = min(event.latest for event in ordered)
    several = len({event.connection for event in ordered}) > 1
    shown = [
        Line(
            _moment(event, start),
            ARROWS.get(event.kind, "  "),
            _said(event),
            f"#{event.connection}" if several else "",
        )
        for event in ordered
    ]
    told = [part for run in _runs(shown) for part in _shortened(run)]
    if len(told) > MOST_LINES:
        middle = told[MOST_LINES // 2 : -MOST_LINES // 2 + 1]
        left_out = sum(stands_for for _, stands_for in middle)
        told[MOST_LINES // 2 : -MOST_LINES // 2 + 1] = [
            (Line("...", "  ", f"({left_out} more events)"), left_out)
        ]
    return tuple(line for line, _ in told)


def _runs(shown: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines in a row that say the same, but for numbers."""
    return (list(run) for _, run in groupby(shown, key=_shape))


def _shape(line: Line) -> tuple[str, str, str]:
    return line.arrow, re.sub(r"\d+", "0", line.said), line.connection


def _shortened(run: Sequence[Line]) -> list[tuple[Line, int]]:
    """The lines that are shown of a run, each with how many events it stands for."""
    if len(run) <= ALIKE:
        return [(line, 1) for line in run]
    rest = len(run) - 2
    return [(run[0], 1), (Line("...", "  ", f"({rest} more like it)"), rest), (run[-1], 1)]


def places(events: Sequence[Event]) -> str:
    """Where the events stand in their trace: `events 10 to 12`, `events 3, 17 and 40`."""
    numbers = sorted({event.n for event in events})
    if len(numbers) == 1:
        return f"event {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"events {numbers[0]} to {numbers[-1]}"
    return f"events {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _moment(event: Event, start: float) -> str:
    """A moment, or the interval where it is known less well than the rules can resolve."""
    if event.latest - event.earliest <= RESOLUTION:
        return f"{event.latest - start:.3f}"
    earliest, latest = f"{max(0.0, event.earliest - start):.3f}", f"{event.latest - start:.3f}"
    return latest if earliest == latest else f"{earliest}..{latest}"


def _said(event: Event) -> str:
    content = event.content
    if event.opcode == "text" and isinstance(content, str):
        cut = f" (in TCP segments, cut behind byte {', '.join(map(str, event.cuts))})"
        text = printable(content, LONGEST_MESSAGE) if content else "(empty text)"
        return text + (cut if event.cuts else "")
    return f"({' '.join(_beside(event))})"


def _beside(event: Event) -> Iterator[str]:
    """In words, what is no text message."""
    match event.content:
        case Close(code, reason):
            yield "Close without a code" if code is None else f"Close {code}"
            if code is not None:
                yield f'"{printable(reason)}"'
        case Refusal(_, detail):
            yield f"refused: {printable(detail)}"
        case Ended(how, detail):
            yield {
                "eof": "end of the TCP connection by the peer",
                "reset": "TCP reset by the peer",
                "local": "end of the TCP connection by wsbeat",
            }[how] + (f": {printable(detail)}" if detail else "")
        case bytes() as data:
            yield {
                "ping": "control Ping,",
                "pong": "control Pong,",
                "fragment": "the beginning of a message, in frames of its own,",
            }.get(str(event.opcode), "binary message,")
            yield _bytes(data)
        case float() as by if event.kind == "jumped":
            manner = "forward" if by > 0 else "back"
            yield f"wsbeat sets the server's wall clock {manner} by {seconds(abs(by))}"
        case float() as by:
            yield f"wsbeat itself was late by {seconds(by)}"
        case content:
            yield _OCCURRENCES[event.kind]
            if event.manner:
                yield event.manner
            if content:
                yield printable(str(content))


_OCCURRENCES = {
    "opening": "connecting",
    "opened": "connected",
    "ready": "the prelude is over",
    "refused": "refused",
    "sent": "sent",
    "received": "received",
    "ended": "end of the TCP connection",
    "broken": "the peer sent what wsbeat cannot read:",
    "paused": "wsbeat stops reading",
    "resumed": "wsbeat reads again",
    "late": "wsbeat itself was late",
    "silent": "nothing more up to here",
    "requested": "asked for a WebSocket connection:",
    "closed_door": "wsbeat stops listening",
    "opened_door": "wsbeat listens again",
    "certificate": "wsbeat presents a certificate:",
    "note": "note:",
    "started": "wsbeat starts",
    "asked": "wsbeat asks for the end:",
    "exited": "it ended:",
    "jumped": "the wall clock jumps",
}


def _bytes(data: bytes) -> str:
    size = f"{len(data)} byte{'' if len(data) == 1 else 's'}"
    if not data:
        return size
    return f"{size}: {data[:BYTES_SHOWN].hex(' ')}{'...' if len(data) > BYTES_SHOWN else ''}"
