"""The numbers in what a client says, where they have to rise on its connection."""

from __future__ import annotations

from conformance.messages.json_text import value_of
from spec.dialect.dialect import Dialect

OTHER_NUMBER = 4711
"""The number in what is no ping, and only resembles one."""

NUMBER = "id"
"""The hole for the number of a message."""


class Numbers:
    """The numbers of one connection: none of them is said twice, or after a higher one."""

    def __init__(self, dialect: Dialect, highest: int = 0) -> None:
        self._dialect = dialect
        self._highest = highest

    def risen(self, content: str | bytes) -> str | bytes:
        """A message as it may be said now: with another number in the place of one that is past."""
        if isinstance(content, bytes) or (number := self._number_in(content)) is None:
            return content
        if number > self._highest:
            self._highest = number
            return content
        self._highest += 1
        return content.replace(str(number), str(self._highest), 1)

    def _number_in(self, text: str) -> int | None:
        value, dialect = value_of(text), self._dialect
        forms = [dialect.ping, *(dialect.business or ())[:1]]
        for form in forms:
            found = (form.read(text, value) or {}).get(NUMBER)
            if isinstance(found, int | str) and str(found).isdecimal():
                return int(found)
        return OTHER_NUMBER if str(OTHER_NUMBER) in text else None
