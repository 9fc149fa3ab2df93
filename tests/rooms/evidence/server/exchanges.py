"""Exchanges by hand: what is matched in them, and who is blamed."""

from __future__ import annotations

from typing import Any

from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.exchange import Exchange, Matching
from conformance.evidence.server.matching import match_replies
from conformance.trace.trace import Capabilities, Trace
from spec.dialect.shipped import protocol
from tests.traces.notation import FAST, events_of, trace_of, violations

OPENED = """
    0.00 opening
    0.01 opened
"""
PING, PONG = '{"type":"ping"}', '{"type":"pong"}'
SPACED = '{"type" : "ping"}'
PATIENCE = FAST.reply_deadline + FAST.tolerance


def matched(text: str, **capabilities: bool) -> Matching:
    """Pair the messages of a conversation in the notation."""
    events = [event for event in events_of(text) if event.opcode in ("text", "binary")]
    sent = [event for event in events if event.kind == "sent"]
    received = [event for event in events if event.kind == "received"]
    return match_replies(sent, received, Capabilities(**capabilities), protocol(), PATIENCE)


def pairs(matching: Matching) -> list[tuple[Any, list[Any]]]:
    """What was said, with what was heard of it."""
    return [(each.stimulus.content, _heard(each)) for each in matching.exchanges]


def _heard(exchange: Exchange) -> list[Any]:
    return [reply.event.content for reply in exchange.replies]


def blamed(text: str, **told: Any) -> dict[str, list[int]]:
    """The requirements that a conversation violates, with the messages that are blamed."""
    trace = trace_of(OPENED + text, **told)
    found = violations(trace)
    return {name: [each.events[0] for each in seen] for name, seen in found.items()}


def fates(trace: Trace) -> list[str]:
    """What became of each message of the first connection."""
    return [exchange.fate for exchange in Evidence(trace).connections[0].exchanges]
