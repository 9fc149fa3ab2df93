"""What scenarios say besides plain pings: other spellings of heartbeats, and what is no heartbeat.

In the dialect of the protocol these are fixed; in another they are made from its templates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from conformance.messages.numbers import OTHER_NUMBER
from spec.dialect.dialect import Dialect
from spec.dialect.form import Form

Spelling: TypeAlias = Callable[[str], str]
"""Another text for a message that a dialect says."""


def _spaced(text: str) -> str:
    return json.dumps(json.loads(text), separators=(" , ", " : ")) + "\n"


def _escaped(text: str, words: Sequence[str]) -> str:
    """The same with the first letter of one of some words as an escape."""
    word = next((each for each in words if each[:1].isalpha()), None)
    if word is None:
        return _spaced(text)
    return text.replace(f'"{word}"', f'"\\u{ord(word[0]):04x}{word[1:]}"')


def _with_further(text: str) -> str:
    return json.dumps({"id": 7, **json.loads(text), "sent": 1_700_000_000}, separators=(",", ":"))


def is_protocol(dialect: Dialect) -> bool:
    """Whether it is the protocol's own dialect."""
    return dialect.is_protocol


def spellings(form: Form) -> tuple[Spelling, Spelling, Spelling, Spelling]:
    """Four ways to spell a message of a form, the plain one first, as far as it has so many."""
    if not form.known.is_json:
        return str, str, str, str
    escaped = partial(_escaped, words=form.said.fixed_words)
    has_room = form.known.is_free_within and form.said.is_object
    return str, _spaced, escaped, _with_further if has_room else _spaced


def padded(form: Form, text: str, size: int) -> str | None:
    """A message of so many bytes; None where its form has no room for that."""
    if not form.known.is_free_within or not text.endswith("}"):
        return None
    head, tail = f'{text[:-1]},"padding":"', '"}'
    return f"{head}{'a' * (size - len(head) - len(tail))}{tail}"


def business(dialect: Dialect, number: int) -> str | None:
    """What is no heartbeat, and harms no connection; None where a dialect has no such message."""
    if dialect.business is not None:
        return dialect.say(dialect.business, number)
    return f'{{"business":{number}}}' if bears_json(dialect) else None


def bears_json(dialect: Dialect) -> bool:
    """Whether a connection goes on after JSON that is no heartbeat."""
    allowed = dialect.json
    return allowed.free or allowed.ignore or allowed.answer


def pings(dialect: Dialect) -> bool:
    """Whether a client pings, and is answered."""
    return dialect.clients_are_answered


def talks(dialect: Dialect) -> bool:
    """Whether something can be said that is no heartbeat, and harms no connection."""
    return business(dialect, 1) is not None


def bears_text(dialect: Dialect) -> bool:
    """Whether a connection goes on after text that is not JSON."""
    allowed = dialect.not_json
    return allowed.free or allowed.ignore or allowed.answer


def bears_binary(dialect: Dialect) -> bool:
    """Whether a connection goes on after a binary message."""
    return dialect.binary.free or dialect.binary.ignore or dialect.binary.answer


def what_ends(dialect: Dialect) -> str | bytes | None:
    """What a server has to end a connection for; None where it may bear whatever comes."""
    if not bears_text(dialect):
        return "hello, I am not JSON"
    if not bears_json(dialect):
        return '{"wsbeat":"unknown"}'
    return None if bears_binary(dialect) else b"wsbeat"


def ping_in_binary(dialect: Dialect) -> bytes:
    """What would be a ping as text, of a number that none has: a pong to it is no other's."""
    return dialect.say_ping(OTHER_NUMBER, is_shown=True).encode()
