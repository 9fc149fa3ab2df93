"""What a client said, as the contract sees it: a ping, a business message, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from conformance.messages.dialect import PLAIN_PING
from conformance.messages.json_text import BeyondIJson, Deep, NotJson, Value, brackets_in, parse
from conformance.messages.limits import DEPTH, SIZE


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping (S-PING-FORM); `plain` when spelled exactly as the client of the contract does."""

    value: dict[str, Any]
    plain: bool


@dataclass(frozen=True, slots=True)
class Business:
    """Any other I-JSON text: answered with an echo of `value` (S-ECHO)."""

    value: Any

    @property
    def is_pong(self) -> bool:
        """Whether it is a pong, which under Plan B is no business message (protocol.md, 7)."""
        return isinstance(self.value, dict) and self.value.get("type") == "pong"


@dataclass(frozen=True, slots=True)
class Large:
    """Text of more than 65,536 bytes: may be over the server's limit (S-SIZE)."""

    size: int


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary message: ignored, or closed with 1003 (S-BINARY)."""

    data: bytes


Message: TypeAlias = Ping | Business | NotJson | BeyondIJson | Deep | Large | Binary


@lru_cache(maxsize=1024)
def message(content: str | bytes) -> Message:
    """What the contract makes of a message that a client sends (S-PING-FORM, S-ECHO, ...)."""
    if isinstance(content, bytes):
        return Binary(content)
    if len(content) > SIZE // 4 and len(content.encode()) > SIZE:
        return Deep(brackets) if (brackets := brackets_in(content)) > DEPTH else Large(len(content))
    if content == PLAIN_PING:
        return Ping({"type": "ping"}, plain=True)
    parsed = parse(content)
    if not isinstance(parsed, Value):
        return parsed
    value = parsed.value
    if isinstance(value, dict) and value.get("type") == "ping":
        return Ping(value, plain=False)
    return Business(value)


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
