"""Why nobody connected, where a client was started or waited for."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.run.client.drivers import driver_named
from conformance.run.client.drivers.driver import ANY_FREE_PORT
from conformance.targets.client import ClientTarget
from conformance.targets.printable import printable
from conformance.trace.event import WHOLE_TRACE, Refusal
from conformance.trace.note import PLAIN_HTTP
from conformance.trace.trace import Trace

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "WS_PROXY", "ALL_PROXY")
"""The environment variables that may lead a client elsewhere; some read them in small letters."""


def _safe(printed: str) -> str:
    """The end of what a client printed, line by line, made harmless."""
    return "\n".join(f"  {printable(line, 300)}" for line in printed.splitlines()[-20:])


def asked_plainly(trace: Trace) -> list[str]:
    """What else was asked for at the listener than a WebSocket connection, in words."""
    notes = [str(event.content) for event in trace.events if event.kind == "note"]
    return [note.removeprefix(PLAIN_HTTP) for note in notes if note.startswith(PLAIN_HTTP)]


def why_nobody(target: ClientTarget, probe: Trace, environment: Mapping[str, str]) -> str:
    """Why nobody came, in a sentence, and what the client printed."""
    events = [event for event in probe.events if event.connection == WHOLE_TRACE]
    notes = [str(event.content) for event in events if event.kind == "note"]
    printed = f" It printed:\n{_safe(probe.printed)}" if probe.printed else " It printed nothing."
    plainly = ", ".join(dict.fromkeys(asked_plainly(probe)))
    besides = f" What came was {plainly}." if plainly else ""
    refused = [e.content.detail for e in probe.events if isinstance(e.content, Refusal)]
    exits = [str(event.content) for event in events if event.kind == "exited"]
    if not any(event.kind == "started" for event in events):
        return notes[0] if notes else "The client could not be started."
    if refused:
        return f"The client connected, but no WebSocket came about: {refused[0]}.{printed}"
    if exits:
        return f"The client ended before it connected ({exits[0]}).{besides}{printed}"
    waited = max(event.latest for event in probe.events)
    if plainly:
        return f"Nobody asked for a WebSocket connection within {waited:.0f} s.{besides}{printed}"
    if not driver_named(target.driver).starts_anew:
        return f"Nobody connected within {waited:.0f} s."
    return (
        f"The client did not connect within {waited:.0f} s.{_through_a_proxy(environment)}{printed}"
    )


def _through_a_proxy(environment: Mapping[str, str]) -> str:
    """What is to be said where the client may have asked a proxy to bring it here, if anything."""
    host, _ = ANY_FREE_PORT
    if any(host in environment.get(name, "") for name in ("NO_PROXY", "no_proxy")):
        return ""
    named = [name for name in PROXIES if environment.get(name) or environment.get(name.lower())]
    if not named:
        return ""
    return f" {named[0]} is set: if it heeds that, put {host} into NO_PROXY."
