"""A form of message: how it is said, and how it is recognised."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spec.dialect.model import ANY, Holes, same
from spec.dialect.template import Fill, Template


@dataclass(frozen=True)
class Form:
    """One kind of message: `said` is what wsbeat says, and `heard` all that is as good.

    `known` is what has to be taken for one, though it may not be said in that way. What is said
    fits both of the others.
    """

    said: Template
    heard: Template
    known: Template

    @cached_property
    def fixed(self) -> str | None:
        """Its only text; None where it has holes."""
        return None if self.said.names else self.said.text

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What every such message holds, unless it is spelled with escapes."""
        return tuple(
            json.dumps(word, ensure_ascii=False) for word in self.heard.fixed_members.values()
        )

    @cached_property
    def has_one_spelling(self) -> bool:
        """Whether it is compared as text, and has no holes: then nothing about it is free."""
        return not self.known.is_json and not self.known.names

    def say(self, fill: Fill) -> str:
        """The text of one such message."""
        return self.fixed if self.fixed is not None else self.said.say(fill)

    def read(self, content: str, value: Any) -> Holes | None:
        """What stands in the holes of one that has to be known; None for another message."""
        return self.known.read(content, value)

    def resembles(self, content: str, value: Any) -> Holes | None:
        """The same for all that is certainly meant as such a message, be it right or not."""
        return self.heard.resembles(content, value)

    def fault(self, content: str, value: Any) -> str:
        """What is wrong with one that is meant as such a message; empty where nothing is."""
        if self.heard.is_right(content, value):
            return ""
        if lacking := self.heard.lacking(value):
            return f"it lacks the member `{lacking[0]}`"
        if surplus := self.heard.surplus(value):
            return f"it has the further members {', '.join(surplus)}"
        return f"it is not of the form {self.said.text}"

    def is_spelled_so(self, content: str, holes: Holes) -> bool:
        """Whether a message is spelled exactly as wsbeat would say it with these holes."""
        if self.fixed is not None:
            return content == self.fixed
        return content == self.said.say(lambda name: holes.get(name, name))


def copied(ping: Form, pong: Form) -> tuple[str, ...]:
    """The names of the holes whose content a pong copies from its ping."""
    return tuple(name for name in pong.heard.names if name in ping.said.names and name != ANY)


def answers(ping: Form, asked: Holes, pong: Form, given: Holes) -> bool:
    """Whether a pong has, in the holes that it shares with a ping, what that ping had.

    Where either stands in a text or between quotation marks, `7` and `"7"` are the same.
    """
    for name in copied(ping, pong):
        if name not in given or name not in asked:
            return False
        one, other = asked[name], given[name]
        if name in ping.said.whole_holes and name in pong.heard.whole_holes:
            if not same(one, other):
                return False
        elif str(one) != str(other):
            return False
    return True
