"""What a client said, as a dialect sees it: a ping, a business message, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from conformance.messages.json_text import BeyondIJson, Deep, NotJson, Value, brackets_in, parse
from conformance.messages.limits import DEPTH, SIZE
from spec.dialect.dialect import Dialect
from spec.dialect.model import Holes
from spec.dialect.template import NO_VALUE


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping (S-PING-FORM); `plain` when spelled exactly as wsbeat does.

    `holes` is what stands in those of the dialect's ping.
    """

    value: Any
    plain: bool
    holes: Holes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Business:
    """Any other I-JSON text: answered with an echo of `value` (S-ECHO).

    Under Plan B a pong is no business message (protocol.md, 7). One `is_known` where it is what a
    dialect has for one.
    """

    value: Any
    is_pong: bool = False
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is meant as a ping, and is not one that has to be known: nothing follows from it."""

    value: Any


@dataclass(frozen=True, slots=True)
class Large:
    """Text of more than 65,536 bytes: may be over the server's limit (S-SIZE)."""

    size: int


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary message: ignored, or closed with 1003 (S-BINARY)."""

    data: bytes


Message: TypeAlias = Ping | Business | Unclear | NotJson | BeyondIJson | Deep | Large | Binary


@lru_cache(maxsize=1024)
def message(content: str | bytes, dialect: Dialect) -> Message:
    """What a dialect makes of a message that a client sends (S-PING-FORM, S-ECHO, ...)."""
    if isinstance(content, bytes):
        return Binary(content)
    if len(content) > SIZE // 4 and len(content.encode()) > SIZE:
        return Deep(brackets) if (brackets := brackets_in(content)) > DEPTH else Large(len(content))
    if content == dialect.ping.fixed and dialect.client_pings:
        return Ping(dialect.ping.said.value, plain=True)
    parsed = parse(content)
    value = parsed.value if isinstance(parsed, Value) else NO_VALUE
    if dialect.client_pings and (holes := dialect.ping.read(content, value)) is not None:
        is_plain = dialect.ping.is_spelled_so(content, holes)
        return Ping(content if value is NO_VALUE else value, is_plain, holes)
    if dialect.client_pings and dialect.ping.resembles(content, value) is not None:
        return Unclear(value)
    is_pong = dialect.pong is not None and dialect.pong.resembles(content, value) is not None
    if is_pong and value is NO_VALUE:
        return Business(content, is_pong=True)
    if dialect.business is not None and dialect.business.read(content, value) is not None:
        return Business(content if value is NO_VALUE else value, is_pong, is_known=True)
    return Business(value, is_pong) if isinstance(parsed, Value) else parsed


LONGEST_NEAR_PING = 100
"""How many characters a message may have that is taken for a ping in the wrong form."""


WORD = re.compile(r"(?<![a-z])ping(?![a-z])", re.IGNORECASE)
"""The word by itself: somebody who is typing, or shipping, does not mean to ping."""


def is_ping(content: str | bytes, dialect: Dialect) -> bool:
    """Whether a message is a ping (S-PING-FORM)."""
    return isinstance(message(content, dialect), Ping)


def ping_holes(content: str | bytes, dialect: Dialect) -> Holes:
    """What a message carries as a ping; nothing where it is none."""
    read = message(content, dialect)
    return read.holes if isinstance(read, Ping) else {}


def is_pong(content: str | bytes, dialect: Dialect) -> bool:
    """Whether a message is a pong (protocol.md: terms)."""
    read = message(content, dialect)
    return isinstance(read, Business) and read.is_pong


def ping_fault(content: str | bytes, dialect: Dialect) -> str | None:
    """What C-PING-FORM has against a ping, empty for a proper one; None for what is no ping."""
    match message(content, dialect):
        case Ping(value) | Unclear(value) if isinstance(content, str):
            return dialect.ping.fault(content, value)
        case BeyondIJson(why) if near_ping_fault(content, dialect) is not None:
            return f"it is not I-JSON: {why}"
    if isinstance(content, bytes) and len(content) <= LONGEST_NEAR_PING:
        text = content.decode(errors="replace")
        return "it is a binary message" if is_ping(text, dialect) else None
    return None


def near_ping_fault(content: str | bytes, dialect: Dialect) -> str | None:
    """What is wrong with a message that only seems to be meant as a ping; None for any other."""
    text = content if isinstance(content, str) else content.decode(errors="replace")
    if len(text) > LONGEST_NEAR_PING:
        return None
    if not dialect.is_protocol:
        words = (word.casefold() in text.casefold() for word in dialect.ping_words)
        is_near = WORD.search(text) is not None or any(words)
        return f"it is not of the form {dialect.ping.said.text}" if is_near else None
    if WORD.search(text) is None:
        return None
    if isinstance(message(text, dialect), NotJson):
        return "it is not JSON"
    return "it is no JSON object whose member `type` is the string `ping`"
