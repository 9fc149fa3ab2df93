"""How wsbeat itself spells a ping, a pong and an echo."""

from __future__ import annotations

PLAIN_PING = '{"type":"ping"}'


PLAIN_PONG = '{"type":"pong"}'


def echo_of(text: str) -> str:
    """The echo of a business message, as short as it can be."""
    return f'{{"type":"echo","data":{text}}}'
