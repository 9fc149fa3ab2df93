"""The messages of the protocol, between text and value."""

import json
from typing import NoReturn

PING = '{"type":"ping"}'  # C-PING-FORM
PONG = '{"type":"pong"}'  # B-CLIENT-PONG


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Unusable(Exception):
    """A message that this client cannot use: binary, not JSON, or beyond Python's parser."""


def decode(message: str | bytes) -> object:
    """Return the JSON value of a message.

    Raises ``Unusable`` for a binary message, for text that is not JSON, for numbers of thousands
    of digits and for nesting that exceeds Python's stack (C-TOLERATE).
    """
    if isinstance(message, bytes):
        raise Unusable("binary")
    try:
        return _decode(message)
    except (ValueError, RecursionError) as error:
        raise Unusable(str(error)) from error


def encode(value: object) -> str:
    """Return the text of a business message.

    Raises ``ValueError`` for what JSON cannot say, and for a ping: the heartbeat is the client's
    own affair, and one ping more would be one too many for it (C-PING-CADENCE).
    """
    if kind(value) == "ping":
        raise ValueError("a ping is no business message: the client sends its own.")
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON value ({error}).") from error


def kind(value: object) -> object:
    """Return the member ``type``, which alone makes a ping a ping and a pong a pong."""
    return value.get("type") if isinstance(value, dict) else None
