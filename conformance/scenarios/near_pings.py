"""What resembles a ping of a dialect, or a pong, and is none, made from its template by damage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.messages.from_client import Business, message
from conformance.messages.from_server import is_pong
from conformance.messages.json_text import NotJson
from conformance.messages.numbers import OTHER_NUMBER
from conformance.scenarios.spellings import bears_json, bears_text
from spec.dialect.dialect import Dialect
from spec.dialect.form import Form


def near_pings(dialect: Dialect, *, is_last: bool = False) -> Sequence[str]:
    """Texts that are nearly pings; none that a server may well take for one is among them.

    Of those after which a connection ends there are some only where each `is_last`.
    """
    damaged = _near(dialect.say_ping(OTHER_NUMBER, is_shown=True), dialect.ping)
    return [each for each in damaged if _is_another(each, dialect, is_last=is_last)]


def near_pongs(dialect: Dialect) -> Sequence[str]:
    """Texts that are nearly pongs of a server."""
    assert dialect.pong is not None
    pong = dialect.say_pong(dict.fromkeys(dialect.copied, OTHER_NUMBER), is_shown=True)
    return [each for each in _near(pong, dialect.pong) if not is_pong(each, dialect)]


def _near(text: str, form: Form) -> Sequence[str]:
    return list(dict.fromkeys(_of_json(json.loads(text)) if form.said.is_json else _of_text(text)))


def _is_another(text: str, dialect: Dialect, *, is_last: bool) -> bool:
    """Whether a text is certainly no ping, and a connection goes on after it, if it has to."""
    match message(text, dialect):
        case Business(list()) if dialect.batches:
            return False
        case Business(_, is_pong):
            return not is_pong and (is_last or bears_json(dialect))
        case NotJson():
            return is_last or bears_text(dialect)
    return False


def _of_text(text: str) -> Iterator[str]:
    yield from (text.upper(), text.lower(), text.title(), text.swapcase())
    yield from (f" {text}", f"{text} ", f"{text}\n", f"\t{text}", f"\ufeff{text}", text + text)
    yield from (text[:-1], text[1:], f"{text}s", f"x{text}", f"{text} {text}", f"{text}\x00")
    yield from (json.dumps(text), json.dumps([text]), json.dumps({"type": text}))


def _of_json(value: Any) -> Iterator[str]:
    yield from map(_written, _damaged(value))
    yield from map(_written, ([value], {"data": value}, [[value]], json.dumps(value)))
    text = _written(value)
    yield from (f"{text[:-1]},{text[-1]}", f"\ufeff{text}", text + text, text[:-1], f"// {text}")


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _damaged(value: Any) -> Iterator[Any]:
    """The same with one thing in it that is not quite right."""
    if isinstance(value, dict):
        for name, inner in value.items():
            rest = {other: each for other, each in value.items() if other != name}
            yield rest
            yield {**rest, f"{name}s": inner}
            yield {**rest, name.upper(): inner}
            for each in _damaged(inner):
                yield {**value, name: each}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield value[:place] + value[place + 1 :]
            for each in _damaged(inner):
                yield [*value[:place], each, *value[place + 1 :]]
    elif isinstance(value, str):
        yield from (value.upper(), value.lower(), f" {value}", f"{value} ", f"{value}s", value[:-1])
        yield from ([value], {"is": value}, None, True, 1)
    else:
        yield from ([value], str(value))
