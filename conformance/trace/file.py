"""Trace files: traces as JSON Lines, read back and checked.

A trace is a header, its events in the order in which they were recorded, and a footer that
counts them, so that a file that was cut short is not taken for a whole one. The form of an
event line is `spec/schemas/trace-event.schema.json`.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn, get_args

import spec
from conformance.trace.event import Event, Kind
from conformance.trace.trace import FORMAT, Capabilities, Capability, End, Role, Trace
from spec.dialect.file import DialectError, read_document
from spec.dialect.shipped import protocol

MEMBERS: Mapping[str, type] = {
    "scenario": str,
    "role": str,
    "target": str,
    "timing": dict,
    "capabilities": dict,
    "started": str,
    "attempt": int,
    "seed": int,
    "max_message": int,
    "dialect": dict,
}
"""The members of a header, and what they are."""


OPTIONAL = frozenset({"attempt", "seed", "max_message", "dialect"})


OPCODES: Mapping[str, str] = {
    "text": "text",
    "binary": "binary",
    "fragment": "fragment",
    "ping": "control",
    "pong": "control",
    "close": "close",
}
"""The definitions in the schema of what was sent or received, by its opcode."""


TYPE_NAMES: Mapping[type, str] = {str: "string", dict: "object", int: "integer"}


class TraceError(Exception):
    """A trace file that cannot be read: says where, what was found, what was expected."""


def read_traces(lines: Iterable[str], source: str, *, trusted: bool = False) -> Iterator[Trace]:
    """Read the traces that follow one another in JSON Lines; `source` names them in errors.

    Raises TraceError on anything that is not exactly a series of whole traces. Events of a
    `trusted` source, another process of the same run, are not held against the schema.
    """
    begun: Trace | None = None
    events: list[Event] = []
    number = 0
    for number, text in enumerate(lines, 1):
        where = f"{source}, line {number}"
        line = _parsed(text, where)
        if begun is None:
            begun = _checked_header(line, where)
            events = []
        elif "end" in line:
            yield _assembled(begun, events, line, where, None if trusted else source)
            begun = None
        else:
            events.append(
                Event.from_json(line) if trusted else _checked_event(line, len(events), where)
            )
    if begun is not None:
        raise TraceError(
            f"{source} ends after line {number} without a footer: the trace was cut short. "
            "Expected a last line such as "
            f'{{"end": "finished", "events": {len(events)}}}.'
        )
    if number == 0 and not trusted:
        raise TraceError(f"{source} is empty. Expected the JSON Lines of a trace.")


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        line = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise TraceError(f"{where} is not JSON: {error}.") from None
    if not isinstance(line, dict):
        raise TraceError(f"{where} is {text[:60]!r}. Expected a JSON object.")
    return line


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _checked_header(line: dict[str, Any], where: str) -> Trace:
    """The trace that a header begins, still without events."""
    if "trace" not in line:
        raise TraceError(
            f'{where} is no header of a trace. Expected an object with the member "trace".'
        )
    if line["trace"] != FORMAT:
        raise TraceError(
            f"{where} is of trace format {line['trace']!r}. This wsbeat reads format {FORMAT}."
        )
    missing = MEMBERS.keys() - OPTIONAL - line.keys()
    if missing:
        raise TraceError(f"{where}: the header lacks {', '.join(sorted(missing))}.")
    for name, kind in MEMBERS.items():
        if not isinstance(line.get(name, kind()), kind):
            found = json.dumps(line[name])[:60]
            raise TraceError(f"{where}: {name} is {found}. Expected a JSON {TYPE_NAMES[kind]}.")
    if line["role"] not in get_args(Role):
        raise TraceError(f"{where}: the role is {line['role']!r}. Expected server or client.")
    capabilities = line["capabilities"]
    unknown = capabilities.keys() - set(get_args(Capability))
    if unknown:
        raise TraceError(f"{where}: unknown capabilities {', '.join(sorted(unknown))}.")
    if not all(isinstance(value, bool) for value in capabilities.values()):
        raise TraceError(f"{where}: each capability is true or false.")
    try:
        dialect = read_document(line["dialect"]) if "dialect" in line else protocol()
    except DialectError as error:
        raise TraceError(f"{where}: the header's dialect is invalid: {error}") from None
    try:
        timing = spec.load_timing(line["timing"], is_lenient=not dialect.is_protocol)
    except spec.TimingError as error:
        raise TraceError(f"{where}: the header's timing is invalid: {error}") from None
    return Trace(
        scenario=line["scenario"],
        role=line["role"],
        target=line["target"],
        timing=timing,
        capabilities=Capabilities(**capabilities),
        started=line["started"],
        events=(),
        attempt=line.get("attempt", 1),
        seed=line.get("seed", 0),
        max_message=line.get("max_message"),
        dialect=dialect,
    )


def _checked_event(line: dict[str, Any], position: int, where: str) -> Event:
    problems = spec.validate("trace-event", line, _definition(line))
    if problems:
        raise TraceError(f"{where} is no event of a trace: {problems[0]}")
    if line["n"] != position:
        raise TraceError(
            f"{where} is event {line['n']}. Expected event {position}: "
            "lines are missing, doubled or out of order."
        )
    earliest, latest = line["at"]
    if earliest > latest:
        raise TraceError(f"{where}: the event's interval [{earliest}, {latest}] is backwards.")
    try:
        return Event.from_json(line)
    except binascii.Error as error:
        raise TraceError(f"{where}: the base64 cannot be read: {error}.") from None
    except ValueError as error:
        raise TraceError(f"{where}: {error}.") from None


def _definition(line: dict[str, Any]) -> str | None:
    """The one definition of the schema that the line can only be, by its kind and opcode."""
    kind = line.get("kind")
    if kind in ("said_first", "heard_first"):
        return "text"
    if kind in ("sent", "received"):
        opcode = line.get("opcode")
        return OPCODES.get(opcode) if isinstance(opcode, str) else None
    return kind if isinstance(kind, str) and kind in get_args(Kind) else None


def _assembled(
    begun: Trace, events: list[Event], footer: dict[str, Any], where: str, source: str | None
) -> Trace:
    if footer["end"] not in get_args(End) or footer.get("events") != len(events):
        raise TraceError(
            f"{where} is the footer {json.dumps(footer)}, but {len(events)} events came before it: "
            "lines are missing or were added."
        )
    return replace(begun, events=tuple(events), end=footer["end"], source=source)
