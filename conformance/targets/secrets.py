"""Secrets: what a target was handed over with, and must be found nowhere afterwards.

Header values, the user information of the URL and tokens in its query reach the wire and nothing
else. A server may send them back, in a reason phrase or in a message: the recorder takes them out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Set
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from spec.dialect.dialect import Dialect

MASK = "***"


SHORTEST = 4
"""Shorter values keep no secret, and stand in every text by chance."""


PART = re.compile(r"[^\s;,=]{8,}")
"""What may be a secret within a header value, such as the token after `Bearer`."""


TELLING = re.compile(r"(?i)(token|key|secret|auth|pass|pwd|sig|jwt|session|credential|code|ticket)")
"""Names of query parameters whose values are taken for secrets."""


OF_THE_CONNECTION = "{n}"
"""What stands in a header value for a number that no other connection has."""


@lru_cache(maxsize=16)
def url_secrets(url: str) -> tuple[str, ...]:
    """The secrets that a URL holds, as they may be sent back."""
    parts = urlsplit(url)
    found = [value for name, value in parse_qsl(parts.query) if TELLING.search(name)]
    if parts.password is not None:
        password, user = unquote(parts.password), unquote(parts.username or "")
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        found += [password, parts.password, pair]
    return tuple(found)


def secrets(
    url: str, headers: Mapping[str, str], dialect: Dialect, other_url: str = ""
) -> tuple[str, ...]:
    """All secrets, in each spelling in which they may come back, the longest first."""
    found = {*url_secrets(url), *url_secrets(other_url), *dialect.secrets}
    for value in headers.values():
        found |= {value, *(part for part in PART.findall(value) if not part.isalpha())}
        found |= {word for word in value.split()[1:] if value.count(" ") == 1}
        if OF_THE_CONNECTION in value:
            # What stands around the number, which by itself is none.
            around = value.replace(OF_THE_CONNECTION, " ").split()
            found |= {word for word in around if not word.isalpha()}
    found |= {spelled for each in found for spelled in (*_in_json(each), quote(each))}
    return _kept(found, dialect)


@lru_cache(maxsize=16)
def said_secrets(dialect: Dialect) -> tuple[str, ...]:
    """The secrets that wsbeat says after the prelude, as they are spelled in messages."""
    said = dialect.said_secrets
    return _kept({*said, *(spelled for each in said for spelled in _in_json(each))}, dialect)


def _in_json(value: str) -> tuple[str, str]:
    """A value as it is spelled in JSON, with escapes for whatever is not ASCII, and without."""
    return json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]


def _kept(found: Set[str], dialect: Dialect) -> tuple[str, ...]:
    """Those that are secrets, the longest first."""
    kept = {each for each in found if len(each) >= SHORTEST and not _is_said(each, dialect)}
    return tuple(sorted(kept, key=lambda each: (-len(each), each)))


def _is_said(value: str, dialect: Dialect) -> bool:
    """Whether a value stands in what the dialect itself says: then it is no secret."""
    return any(value in words for words in dialect.own_words)


def shown(url: str) -> str:
    """The URL without user name and password, and with its query's tokens masked."""
    bare, mark, query = url.partition("?")
    bare = re.sub(r"(?<=//)[^/#]*@", "", bare)
    return bare + mark + "&".join(map(_masked_parameter, query.split("&")))


def _masked_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"{name}={MASK}" if equals and value and TELLING.search(name) else parameter


def redacted(text: str, known: tuple[str, ...]) -> str:
    """The text without secrets."""
    for secret in known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text
