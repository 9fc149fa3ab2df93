"""Heartbeat messages as the contract reads them from a client: pings, near-pings and pongs."""

from __future__ import annotations

import re

from conformance.messages import BeyondIJson, Business, NotJson, Ping, message

LONGEST_NEAR_PING = 100
"""How many characters a message may have that is taken for a ping in the wrong form."""


WORD = re.compile(r"(?<![a-z])ping(?![a-z])", re.IGNORECASE)
"""The word by itself: somebody who is typing, or shipping, does not mean to ping."""


def is_ping(content: str | bytes) -> bool:
    """Whether a message is a ping (S-PING-FORM)."""
    return isinstance(message(content), Ping)


def is_pong(content: str | bytes) -> bool:
    """Whether a message is a pong (protocol.md: terms)."""
    read = message(content)
    return (
        isinstance(read, Business)
        and isinstance(read.value, dict)
        and (read.value.get("type") == "pong")
    )


def ping_fault(content: str | bytes) -> str | None:
    """What C-PING-FORM has against a ping, empty for a proper one; None for what is no ping."""
    match message(content):
        case Ping(value):
            surplus = [name for name in value if name != "type"]
            return f"it has the further members {', '.join(surplus)}" if surplus else ""
        case BeyondIJson(why) if near_ping_fault(content) is not None:
            return f"it is not I-JSON: {why}"
    if isinstance(content, bytes) and len(content) <= LONGEST_NEAR_PING:
        text = content.decode(errors="replace")
        return "it is a binary message" if is_ping(text) else None
    return None


def near_ping_fault(content: str | bytes) -> str | None:
    """What is wrong with a message that only seems to be meant as a ping; None for any other."""
    text = content if isinstance(content, str) else content.decode(errors="replace")
    if len(text) > LONGEST_NEAR_PING or WORD.search(text) is None:
        return None
    if isinstance(message(text), NotJson):
        return "it is not JSON"
    return "it is no JSON object whose member `type` is the string `ping`"
