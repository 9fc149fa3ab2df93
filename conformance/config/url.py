"""URLs, checked before anything is sent to them or linked to them."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from conformance.config.error import ConfigError
from conformance.targets.printable import printable
from conformance.targets.secrets import shown as masked
from conformance.targets.server import PORT

MANUAL = re.compile(r"(?:https?://|file:///)[\w.~%/:+-]+", re.ASCII)
"""No character of it means anything to HTML or, between round brackets, to Markdown."""


def with_any_port(url: str) -> str:
    return url.replace(PORT, "1")


def checked_url(url: str, where: str = "URL") -> str:
    """The URL, if a WebSocket connection to it can be tried; raises ConfigError otherwise."""
    shown = printable(masked(url), 200)
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ConfigError(f"{where}: {shown} has white space or control characters in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{where}: {shown} is no URL: {error}.") from None
    if parts.scheme == "ws+unix":
        return _reachable(url, where, shown)
    if parts.scheme not in ("ws", "wss"):
        raise ConfigError(f"{where}: {_other_scheme(parts, shown)}")
    if not parts.hostname:
        raise ConfigError(f"{where}: {shown} names no host. Expected ws://HOST[:PORT]/PATH.")
    if port == 0:
        raise ConfigError(f"{where}: {shown} has the port 0, to which nothing can connect.")
    if "#" in url:
        raise ConfigError(
            f"{where}: {shown} has a fragment, which a WebSocket URL must not have "
            "(RFC 6455, section 3). Leave it out, or write %23 for a number sign."
        )
    if parts.username is not None and parts.password is None:
        raise ConfigError(f"{where}: {shown} has a user name without a password. Write USER:@HOST.")
    return _reachable(url, where, shown)


def checked_manual(url: str | None, where: str = "--manual") -> str | None:
    """The address of the manual, if reports of every form can link to it as it stands."""
    if url is None or MANUAL.fullmatch(url):
        return url
    raise ConfigError(
        f"{where}: {printable(url, 200)} is no address of a manual. Expected the one of its front "
        "page, such as https://docs.example/wsbeat/, without a query, a fragment or brackets."
    )


def _reachable(url: str, where: str, shown: str) -> str:
    """The URL, if it can be taken apart into what to ask of whom."""
    from websockets.exceptions import InvalidURI  # noqa: PLC0415 - `wsbeat list` needs no websockets

    from conformance.targets.address import address  # noqa: PLC0415

    try:
        address(url)
    except (InvalidURI, ValueError) as error:
        why = printable(str(error)) if "@" not in url else "it cannot be taken apart"
        raise ConfigError(f"{where}: {shown} leads nowhere: {why}.") from None
    return url


def _other_scheme(parts: SplitResult, shown: str) -> str:
    instead = {"http": "ws", "https": "wss"}.get(parts.scheme)
    if instead:
        return f"{shown} is for HTTP. Did you mean {instead}{shown[len(parts.scheme) :]}?"
    if "://" in shown:
        return f"{shown} has the scheme {parts.scheme!r}. Expected ws:// or wss://."
    return f"{shown} has no scheme. Did you mean ws://{shown}?"
