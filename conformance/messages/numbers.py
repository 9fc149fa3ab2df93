"""The numbers in what a client says, where they have to rise on its connection."""

from __future__ import annotations

import re

from conformance.messages.json_text import value_of
from spec.dialect.dialect import NUMBER, Dialect

OTHER_NUMBER = 4711
"""The number in what is no ping, and only resembles one."""


def number_of(said: str | bytes, dialect: Dialect) -> int | None:
    """The number of a ping, if what was said is one and its number is a whole one."""
    if isinstance(said, bytes):
        return None
    found = (dialect.ping.read(said, value_of(said)) or {}).get(NUMBER)
    return int(found) if isinstance(found, int | str) and str(found).isdecimal() else None


class Numbers:
    """The numbers of one connection: none of them is said twice, or after a higher one."""

    def __init__(self, dialect: Dialect, highest: int = 0) -> None:
        self._dialect = dialect
        self._highest = highest

    def risen(self, content: str | bytes) -> str | bytes:
        """A message as it may be said now: with another number in the place of one that is past.

        A binary one counts, too: a server may read it as a text.
        """
        if isinstance(content, bytes):
            try:
                return str(self.risen(content.decode())).encode()
            except UnicodeDecodeError:
                return content
        if (number := self._number_in(content)) is None:
            return content
        if number > self._highest:
            self._highest = number
            return content
        self._highest += 1
        return self._numbered(content, number)

    def _number_in(self, text: str) -> int | None:
        """The number of a ping or a business message, or of what only resembles a ping."""
        value, dialect = value_of(text), self._dialect
        business = None if dialect.business is None else dialect.business.read(text, value)
        for read in (dialect.ping.read(text, value), business):
            found = (read or {}).get(NUMBER)
            if isinstance(found, int | str) and str(found).isdecimal():
                return int(found)
        return OTHER_NUMBER if str(OTHER_NUMBER) in text else None

    def _numbered(self, text: str, past: int) -> str:
        """The same text with the highest number in the place of the one that it carries.

        The same digits may stand elsewhere in it: what carries the new number is what is meant.
        """
        said = [
            f"{text[: found.start()]}{self._highest}{text[found.end() :]}"
            for found in re.finditer(rf"(?<!\d){past}(?!\d)", text)
        ]
        fitting = (each for each in said if self._number_in(each) == self._highest)
        return next(fitting, next(iter(said), text))
