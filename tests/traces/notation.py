"""Traces written by hand, one event a line, in a notation that shows only what matters.

    #2 0.10 > {"type":"ping"}          connection 2 sends a text at 0.10 s (connection 1 if unnamed)
       0.10..0.20 < {"type":"pong"}    it is received in between 0.10 s and 0.20 s
       0.30 > binary 00ff              a binary message; `control ping why`, `control pong why`
       1.50 < close 1000 why           a Close; `close` alone is an empty one
       0.05 heard_first hello          a message of a prelude; also: said_first hello, ready
       1.60 ended local reset          also: opening, opened [subprotocol], silent, paused, resumed,
       1.70 late 0.2                   refused 503, broken why, note what, jumped 3600,
       1.80 refused Connection refused requested GET / HTTP/1.1
    #0 2.00 silent                     of the whole trace; also: closed_door, opened_door,
       2.10 asked SIGTERM              started command, exited exit code 0, certificate wrong host

A moment that is not given as an interval is one of a millisecond that ends there. `ping`, `pong`
and `echo x` stand for the frames. Lines are recorded in the order in which they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import spec
from conformance.rules import judge
from conformance.rules.observation import Observation
from conformance.trace.event import WHOLE_TRACE, Close, Content, Ended, Event, Kind, Opcode, Refusal
from conformance.trace.trace import Capabilities, Trace

FAST = spec.load_timing("fast")
WIDTH = 0.001
WHOLE: frozenset[Kind] = frozenset(
    {"late", "started", "asked", "exited", "closed_door", "opened_door", "certificate"}
)
"""Kinds of events that belong to no one connection."""
LINE = re.compile(r"(?:#(\d+) +)?([\d.]+?)(?:\.\.([\d.]+))? +(>|<|[a-z_]+)(?: (.*))?")
FRAMES = {"ping": '{"type":"ping"}', "pong": '{"type":"pong"}'}


def trace_of(text: str, **told: Any) -> Trace:
    """The trace that a text in the notation stands for."""
    return trace_with(events_of(text), **told)


def trace_with(events: tuple[Event, ...], **told: Any) -> Trace:
    """A trace of events, at fast timing if nothing else is told."""
    defaults: dict[str, Any] = {
        "scenario": "by_hand",
        "role": "server",
        "target": "ws://127.0.0.1/",
        "timing": FAST,
        "capabilities": Capabilities(),
        "started": "2026-01-01T00:00:00+00:00",
    }
    return Trace(**(defaults | told), events=events)


def events_of(text: str) -> tuple[Event, ...]:
    """The events that a text in the notation stands for."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(_event(number, line) for number, line in enumerate(lines))


def violations(trace: Trace) -> dict[str, list[Observation]]:
    """What was violated: the observations, by requirement."""
    return of_outcome(trace, "violated")


def of_outcome(trace: Trace, outcome: str) -> dict[str, list[Observation]]:
    """The observations with an outcome, by requirement."""
    found: dict[str, list[Observation]] = {}
    for name, observation in judge(trace):
        if observation.outcome == outcome:
            found.setdefault(name, []).append(observation)
    return found


def outcomes(trace: Trace, requirement: str) -> list[str]:
    """What each observation of a requirement came to."""
    return [seen.outcome for name, seen in judge(trace) if name == requirement]


def shown(observations: dict[str, list[Observation]]) -> Iterator[str]:
    """Observations in words, for the message of a failed test."""
    for name, seen in observations.items():
        for each in seen:
            yield f"{name}: {each.message} {each.actual!r} {each.events}"


def in_words(seed: int, fault: str, trace: Trace) -> str:
    """What was violated after a fault was put into a seed's story, for the message of a test."""
    return "\n".join([f"seed {seed}, {fault}", *shown(violations(trace))])


def _event(n: int, line: str) -> Event:
    found = LINE.fullmatch(line)
    assert found, line
    number, earliest, latest, verb, rest = found.groups()
    kind, opcode, content = _content(verb, rest or "")
    end = float(latest or earliest)
    start = float(earliest) if latest else max(0.0, end - WIDTH)
    connection = WHOLE_TRACE if kind in WHOLE else int(number or 1)
    return Event(n, connection, start, end, kind, opcode, content)


def _content(verb: str, rest: str) -> tuple[Kind, Opcode | None, Content]:
    if verb in "<>":
        return "sent" if verb == ">" else "received", *_said(rest)
    if verb in ("said_first", "heard_first"):
        return verb, "text", rest  # type: ignore[return-value]
    assert verb in get_args(Kind), verb
    kind: Kind = verb  # type: ignore[assignment]
    match kind:
        case "ended":
            how, _, detail = (rest or "eof").partition(" ")
            return kind, None, Ended(how, detail)  # type: ignore[arg-type]
        case "refused":
            number = rest.partition(",")[0]
            is_http = not rest or number.isdecimal()
            status = int(number) if rest and is_http else None
            return kind, None, Refusal(status, f"HTTP {rest}" if is_http else rest)
        case "late" | "jumped":
            return kind, None, float(rest)
        case "opening" | "opened":
            return kind, None, rest or None
        case "broken" | "note" | "requested" | "started" | "asked" | "exited" | "certificate":
            return kind, None, rest
    return kind, None, None


def _said(rest: str) -> tuple[Opcode, Content]:
    match rest.split(" ", 1):
        case ["binary", data]:
            return "binary", bytes.fromhex(data)
        case ["fragment", data]:
            return "fragment", bytes.fromhex(data)
        case ["control", what]:
            opcode, _, payload = what.partition(" ")
            return ("ping" if opcode == "ping" else "pong"), payload.encode()
        case ["close"]:
            return "close", Close(None)
        case ["close", what]:
            code, _, reason = what.partition(" ")
            return "close", Close(int(code), reason)
        case ["echo", data]:
            return "text", f'{{"type":"echo","data":{data}}}'
    return "text", FRAMES.get(rest, rest)
