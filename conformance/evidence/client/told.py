"""What a client was told: by the harness, in answer or not, and by the browser around it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Literal, TypeAlias

from conformance.messages.from_server import beat_holes
from conformance.messages.limits import SIZE
from conformance.trace.event import Event
from conformance.trace.note import BROWSER
from conformance.trace.trace import Trace

Told: TypeAlias = Literal["pong", "ping", "echo", "noise", "too large"]
"""Noise is what a client cannot use (C-TOLERATE); "too large" exceeds what it must tolerate."""


def told_in(
    events: Iterable[Event], answers: Container[int], trace: Trace
) -> tuple[tuple[Event, Told], ...]:
    """The messages of the harness on a connection; `answers` are the places of its owed pongs."""
    found: list[tuple[Event, Told]] = []
    echoes: set[str | bytes] = set()
    dialect = trace.dialect
    for event in events:
        is_text = event.kind == "received" and event.opcode == "text"
        if is_text and dialect.echo is not None:
            echoes.add(dialect.say_echo(str(event.said)))
        if event.kind != "sent" or event.opcode not in ("text", "binary"):
            continue
        if event.n in answers:
            found.append((event, "pong"))
        elif event.said in echoes:
            found.append((event, "echo"))
        elif len(event.said) > SIZE // 4 and _bytes(event.said) > SIZE:
            found.append((event, "too large"))
        else:
            is_beat = trace.has_server_pings and beat_holes(event.said, dialect) is not None
            found.append((event, "ping" if is_beat else "noise"))
    return tuple(found)


def begun_with(said: Event, events: Iterable[Event]) -> tuple[Event, ...]:
    """What left before the last frame of a message, among the events of its connection."""
    return tuple(
        event
        for event in events
        if event.opcode == "fragment" and event.earliest == said.earliest and event.n < said.n
    )


def noted(events: Iterable[Event], begins: str) -> Event | None:
    """The first note that begins so."""
    notes = (event for event in events if event.kind == "note")
    return next((event for event in notes if str(event.content).startswith(begins)), None)


def told_by_browser(trace: Trace, end: Event) -> tuple[Event, ...]:
    """What the browser around a page told it last before something, if it ever told it anything."""
    before = (event for event in reversed(trace.events) if event.earliest <= end.latest)
    found = noted(before, BROWSER)
    return () if found is None else (found,)


def _bytes(said: str | bytes) -> int:
    return len(said) if isinstance(said, bytes) else len(said.encode(errors="surrogatepass"))
