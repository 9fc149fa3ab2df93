"""The messages of the protocol, between text and value."""

import json
from typing import NoReturn

PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'  # S-PONG-FORM


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Unanswerable(Exception):
    """A text that gets no answer: not JSON, or JSON that Python's parser does not take."""


def decode(text: str) -> object:
    """Return the JSON value of a text.

    Raises ``Unanswerable`` for what is not JSON (S-IGNORE-NOT-JSON), for numbers of thousands of
    digits (S-BEYOND-IJSON) and for nesting that exceeds Python's stack (S-DEPTH).
    """
    try:
        return _decode(text)
    except (ValueError, RecursionError) as error:
        raise Unanswerable from error


def kind(message: object) -> object:
    """Return the member ``type``, which alone makes a ping a ping (S-PING-FORM)."""
    return message.get("type") if isinstance(message, dict) else None


def echo(message: object) -> str:
    """Return the echo of a business message (S-ECHO-FORM).

    Raises ``Unanswerable`` where no valid JSON can say it (S-VALID-OUTPUT): 1e400 has become
    infinity by now, and what was just shallow enough to be read may be too deep to be written.
    """
    try:
        return _encode({"type": "echo", "data": message})
    except (ValueError, RecursionError) as error:
        raise Unanswerable from error
