"""The prelude of a connection, played as its server: what is said before heartbeats count."""

from __future__ import annotations

from typing import Any

from conformance.messages.json_text import value_of
from spec.dialect.dialect import Dialect


class Introduction:
    """How far the prelude of one connection got.

    What the server has to say is due as soon as the client has said what comes before it. What a
    client may leave out is waited for nowhere, and known whenever it comes.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._left = [each for each in dialect.prelude if each.by == "client" or not each.optional]
        self._known: dict[str, Any] = {}
        self._said = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing has to be said any more, by either side."""
        return all(each.optional for each in self._left)

    def due(self) -> tuple[str, str] | None:
        """What the server has to say now, and how that is shown, without secrets; None for nothing.

        It counts as said.
        """
        stage = next((each for each in self._left if not each.optional), None)
        if stage is None or stage.by == "client":
            return None
        self._left.remove(stage)
        self._said += 1
        shown = self._dialect.say(stage.form, self._said, self._known, is_shown=True)
        return self._dialect.say(stage.form, self._said, self._known), shown

    def takes(self, text: str) -> bool:
        """Whether a text of the client is part of the prelude; then it is taken."""
        if not self._left:
            return False
        value = value_of(text)
        for stage in self._left:
            holes = None if stage.by == "server" else stage.form.read(text, value)
            if holes is not None:
                self._known |= holes
                self._left.remove(stage)
                return True
            if not stage.optional:
                return False
        return False
