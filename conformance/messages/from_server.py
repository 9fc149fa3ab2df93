"""What a server said, as a dialect sees it: a pong, an echo, a ping, or none of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.messages.from_client import Ping, message
from conformance.messages.json_text import (
    ANY_JSON,
    Deep,
    NotJson,
    Value,
    parse,
    shortened,
    value_of,
)
from conformance.messages.limits import FRAME_DEPTH
from spec.dialect.dialect import Dialect
from spec.dialect.form import Form
from spec.dialect.model import Holes
from spec.dialect.template import NO_VALUE


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong; `fault` says what S-PONG-FORM has against it, and `holes` what it carries."""

    fault: str = ""
    holes: Holes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo of `data`; `fault` says what S-ECHO-FORM has against its members."""

    data: Any
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ServerPing:
    """A ping of a server; `fault` says what B-SERVER-PING has against it."""

    fault: str = ""
    holes: Holes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreign:
    """What is none of the dialect's messages; `why` says so in words (S-VALID-OUTPUT)."""

    why: str
    is_json: bool = True


Answer: TypeAlias = Pong | Echo | Foreign


def answer(content: str | bytes, dialect: Dialect) -> Answer | Deep:
    """What a dialect makes of a message that a server sends (S-PONG-FORM, S-ECHO-FORM, ...).

    Deep is returned for what nests too deeply to be read: it may echo a deep message.
    """
    if isinstance(content, bytes):
        return Foreign("it is a binary message", is_json=False)
    if dialect.pong is not None and content == dialect.pong.fixed:
        return Pong()
    parsed = parse(content, FRAME_DEPTH)
    match parsed:
        case Value(value):
            return _read(content, value, dialect)
        case Deep():
            return parsed
        case NotJson(why):
            pong = _meant(dialect.pong, content, NO_VALUE)
            if pong is not None:
                return Pong(*pong)
            return Foreign(f"it is not JSON: {why}", is_json=False)
    return _read(content, ANY_JSON.decode(content), dialect)


def server_ping(content: str | bytes, dialect: Dialect) -> ServerPing | None:
    """A message of a server as a ping; None for any other (B-SERVER-PING)."""
    if content == dialect.ping.fixed:
        return ServerPing()
    if isinstance(content, bytes) or not _may_hold(dialect.ping, content):
        return None
    ping = _meant(dialect.ping, content, value_of(content, FRAME_DEPTH))
    return None if ping is None else ServerPing(*ping)


def beat_holes(content: str | bytes, dialect: Dialect) -> Holes | None:
    """What a ping of a server carries that a client has to answer; None for what is no such ping.

    Under Plan B it is what would be a ping of a client.
    """
    if not dialect.server_pings:
        read = message(content, dialect)
        return read.holes if isinstance(read, Ping) else None
    if isinstance(content, bytes) or not _may_hold(dialect.ping, content):
        return None
    return dialect.ping.read(content, value_of(content))


def is_event(content: str | bytes, dialect: Dialect) -> bool:
    """Whether a message of a server is one that it may say unasked."""
    if isinstance(content, bytes) or not dialect.events:
        return False
    value = value_of(content, FRAME_DEPTH)
    return any(each.read(content, value) is not None for each in dialect.events)


def is_talk(content: str | bytes, dialect: Dialect) -> bool:
    """Whether a message of a server is no part of another dialect than the protocol's."""
    if isinstance(answer(content, dialect), Pong) or is_event(content, dialect):
        return False
    return not (dialect.server_pings and server_ping(content, dialect) is not None)


def is_pong(content: str, dialect: Dialect) -> bool:
    """Whether a message of a server is a pong."""
    return pong_holes(content, dialect) is not None


def pong_holes(content: str, dialect: Dialect) -> Holes | None:
    """What a message of a server carries as a pong; None where it is none.

    Most that are none need not be parsed for that.
    """
    if dialect.pong is None or not _may_hold(dialect.pong, content):
        return None
    read = answer(content, dialect)
    return read.holes if isinstance(read, Pong) else None


def _may_hold(form: Form, content: str) -> bool:
    """Whether a text may be of a form, as far as can be told without parsing it."""
    return "\\" in content or all(word in content for word in form.words)


def _meant(form: Form | None, content: str, value: Any) -> tuple[str, Holes] | None:
    """What is wrong with a message that is meant to be of a form, and what it carries."""
    holes = None if form is None else form.resembles(content, value)
    return None if form is None or holes is None else (form.fault(content, value), holes)


def _read(content: str, value: Any, dialect: Dialect) -> Answer:
    if (pong := _meant(dialect.pong, content, value)) is not None:
        return Pong(*pong)
    if dialect.echo is not None:
        echo = _meant(dialect.echo, content, value)
        if echo is not None:
            return Echo(next(iter(echo[1].values()), None), echo[0])
    return Foreign(_why_foreign(value, dialect))


def _why_foreign(value: Any, dialect: Dialect) -> str:
    tag = dialect.tag
    if tag is None:
        return "it is none of the messages of the dialect"
    if not isinstance(value, dict):
        return "it is no JSON object"
    if value.get(tag) is None:
        return f"it has no member `{tag}`"
    return f"its `{tag}` is {shortened(json.dumps(value[tag]))}"
