"""Handshake header fields and subprotocols: what a user may ask wsbeat to send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.config.error import ConfigError
from conformance.targets.printable import printable

RESERVED_HEADERS = {
    "connection": "the handshake sets it",
    "upgrade": "the handshake sets it",
    "host": "the handshake sets it",
    "origin": "use --origin",
    "sec-websocket-protocol": "use --subprotocol",
}


HTTP_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""What names of header fields and subprotocols are made of (RFC 9110, section 5.6.2)."""


def requested_headers(
    configured: Mapping[str, str], given: Iterable[str], where_from: str
) -> dict[str, str]:
    """The header fields of both; those of the command line replace those of the file.

    No message shows a value, nor what may be one: they are secrets.
    """
    headers: dict[str, str] = {}
    for name, value in configured.items():
        _add_header(headers, name, value, f"{where_from}headers.{printable(name, 60)}")
    from_file = {name.lower(): name for name in headers}
    for position, line in enumerate(given, 1):
        where = f"--header number {position}"
        name, colon, value = line.partition(":")
        if not colon:
            raise ConfigError(f"{where} has no colon. Expected 'Name: value'.")
        headers.pop(from_file.pop(name.strip().lower(), ""), None)
        _add_header(headers, name.strip(), value.strip(), where)
    return headers


def _add_header(headers: dict[str, str], name: str, value: str, where: str) -> None:
    if not HTTP_TOKEN.fullmatch(name):
        raise ConfigError(
            f"{where}: what stands before the colon is no name of a header field. "
            "Expected letters, digits and hyphens, as in 'Authorization: Bearer ...'."
        )
    folded = name.lower()
    if folded in RESERVED_HEADERS or folded.startswith("sec-websocket-"):
        why = RESERVED_HEADERS.get(folded, "the handshake sets it")
        raise ConfigError(f"{where}: {name} cannot be given here: {why}.")
    if folded in map(str.lower, headers):
        raise ConfigError(f"{where}: {name} is given twice.")
    if not value.isprintable() or not value.isascii():
        raise ConfigError(f"{where}: the value of {name} has characters other than visible ASCII.")
    headers[name] = value


def requested_subprotocols(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not HTTP_TOKEN.fullmatch(name):
            raise ConfigError(
                f"{printable(name, 60)!r} is no name of a subprotocol. "
                "Expected letters, digits and the like, without spaces or commas."
            )
    if len(set(names)) < len(names):
        raise ConfigError("A subprotocol is given twice. Expected each once.")
    return names
