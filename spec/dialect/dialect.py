"""A dialect: how a heartbeat is spelled, and what it asks for, as a value that is handed down."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from spec.dialect.ends import Ends
from spec.dialect.form import Form, answers, copied
from spec.dialect.model import ANY, HOLE, Holes
from spec.dialect.template import Fill, Template

Side: TypeAlias = Literal["client", "server", "both"]

Life: TypeAlias = Literal["pings", "pongs", "messages", "never"]
"""What restarts the clock of a connection; "never" where no clock runs."""

Next: TypeAlias = Literal["ping", "pong", "received", "sent", "free"]
"""From when the time is counted until the next ping of a side: since its ping, the pong to that,
or whatever message it received or sent; "free" where that is left open."""

Burden: TypeAlias = Literal["json", "not_json", "binary", "pongs"]
"""A kind of message that a client cannot use; "pongs" are those that it did not ask for."""

PROTOCOL = "wsbeat"
"""The name of the dialect that `spec/protocol.md` describes."""

FIRST_OF_ITS_OWN = 3000
"""The first code that an application may give a meaning of its own."""

NUMBER = "id"
"""The hole for the number of a message, which rises on its connection."""

NOW = "now"
"""The hole for the time of day, in milliseconds."""

ENVIRONMENT = "env:"


NO_ENDS = Ends()


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a server may do about a message that is no part of the heartbeat.

    It is `free` where the dialect says nothing of it; else it may ignore it, answer it, or end the
    connection in one of these ways.
    """

    free: bool = False
    ignore: bool = False
    answer: bool = False
    ends: Ends = NO_ENDS

    def __str__(self) -> str:
        told = ["no reply and no close"] if self.ignore else []
        told += ["an answer"] if self.answer else []
        told += [str(self.ends)] if self.ends.any else []
        return "anything" if self.free else ", or ".join(told)


@dataclass(frozen=True, slots=True)
class Stage:
    """A message of the prelude, and who says it; it may be left out where it is `optional`."""

    by: Literal["client", "server"]
    form: Form
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ClientHabits:
    """What a dialect asks of a client besides its pings; None where it leaves it open."""

    next: Next
    gives_up: Ends | None
    stays_away: Ends
    may_stay_away: Ends
    bears: frozenset[Burden] | None


@dataclass(frozen=True, eq=False, repr=False)
class Dialect:
    """One way of beating: made by `spec.dialect.made`, once for each content of a file.

    So two that say the same are the same object, and can be compared and looked up as such.
    """

    document: Mapping[str, Any]
    name: str
    version: str
    source: str
    subprotocols: tuple[str, ...]
    prelude: tuple[Stage, ...]
    ping_by: Side
    ping: Form
    rising: bool
    """Whether the numbers of a connection have to rise, over all that its client says."""
    pong: Form | None
    pong_unasked: bool
    echo: Form | None
    business: Template | None
    events: tuple[Form, ...]
    by_id: bool
    batches: bool
    """Whether a JSON array of messages stands for these."""
    alive: Life
    ends: Ends
    reason: str | None
    json: Allowed
    not_json: Allowed
    binary: Allowed
    quiet: bool
    client: ClientHabits
    server_next: Next
    """From when a server counts the time until its next ping; "free" where it pings as it likes."""

    def __repr__(self) -> str:
        return f"Dialect({self.shown!r})"

    def __deepcopy__(self, _: object) -> Dialect:
        return self

    @property
    def is_protocol(self) -> bool:
        """Whether it is the one that `spec/protocol.md` describes."""
        return self.name == PROTOCOL

    @property
    def shown(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version}".strip()

    @property
    def has_timeout(self) -> bool:
        """Whether a server ends connections on which nobody shows a sign of life."""
        return self.alive != "never"

    def names_itself(self, code: int | None, reason: str) -> bool:
        """Whether a Close says of itself that it is for silence: by its reason, or its own code.

        Codes below 3000 are used for much besides (RFC 6455, section 7.4.2).
        """
        if self.reason is not None:
            return reason == self.reason
        return code is not None and code >= FIRST_OF_ITS_OWN and self.ends.has(code)

    @cached_property
    def silent_end(self) -> str:
        """How a silent connection ends, in words."""
        return f"{self.ends}" if self.reason is None else f'{self.ends} "{self.reason}"'

    @cached_property
    def copied(self) -> tuple[str, ...]:
        """The names of what a pong copies from its ping."""
        return () if self.pong is None else copied(self.ping, self.pong)

    @property
    def client_pings(self) -> bool:
        """Whether a client may ping, and is answered."""
        return self.ping_by in ("client", "both")

    @property
    def pings_freely(self) -> bool:
        """Whether nothing is said of when a client pings."""
        return self.client.next == "free" or not self.states("heartbeat_interval")

    def states(self, parameter: str) -> bool:
        """Whether it says a number of [timing] itself, so that it is not merely assumed."""
        return parameter in self.document.get("timing", {})

    def bears(self, *kinds: Burden) -> bool:
        """Whether a client has to bear messages of all these kinds."""
        return self.client.bears is not None and self.client.bears.issuperset(kinds)

    @property
    def server_pings(self) -> bool:
        """Whether a server may ping, and is answered."""
        return self.ping_by in ("server", "both")

    @property
    def keeps_the_beat(self) -> bool:
        """Whether a server may ping all the time, and keeps no client from pinging by that."""
        return self.server_pings and not (self.client_pings and self.client.next == "received")

    @property
    def clients_are_answered(self) -> bool:
        """Whether a client pings and gets pongs: what all that it says can be seen by."""
        return self.client_pings and self.pong is not None

    @property
    def answers_beats(self) -> bool:
        """Whether a client answers the pings of a server as they come.

        Where its pongs, or all that it says, are signs of life, what it is to show decides.
        """
        return self.server_pings and self.pong is not None and self.alive == "never"

    @cached_property
    def tag(self) -> str | None:
        """The member by which its messages are told apart, if all of them have the same."""
        forms = [each for each in (self.ping, self.pong, self.echo) if each is not None]
        members = [each.said.fixed_members for each in forms]
        shared = [name for name in members[0] if all(name in each for each in members)]
        return shared[0] if shared else None

    @cached_property
    def ping_words(self) -> tuple[str, ...]:
        """The words, or else the members, by which its pings are known: its pongs have them not."""
        ping, pong = self.ping.said, None if self.pong is None else self.pong.said
        words = [each for each in ping.fixed_words if not pong or each not in pong.fixed_words]
        members = [each for each in ping.members if not pong or each not in pong.members]
        return tuple(words or members)

    @cached_property
    def own_words(self) -> tuple[str, ...]:
        """What it says itself: the fixed parts of its messages, and its reason."""
        forms = [self.ping, self.pong, self.echo, *(stage.form for stage in self.prelude)]
        parts = (part for each in forms if each for part in HOLE.split(each.said.text)[::2])
        return (*parts, *(() if self.reason is None else (self.reason,)))

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """What stands in the environment in the place of holes; never to be shown."""
        first = (stage.form.said for stage in self.prelude)
        return tuple(sorted({*self.said_secrets, *_secrets_in(*first)}))

    @cached_property
    def said_secrets(self) -> tuple[str, ...]:
        """Those that are said again and again, and not in the prelude alone."""
        asked = () if self.business is None else (self.business,)
        answers = () if self.pong is None else (self.pong.said,)
        return _secrets_in(self.ping.said, *answers, *asked)

    def say_ping(self, number: int, *, is_shown: bool = False) -> str:
        """The ping of a number, which rises on its connection.

        One that `is_shown` has no secrets: what is made of it, in whatever way, tells none.
        """
        return self.ping.say(self._filled(number, is_shown=is_shown))

    def say_pong(self, asked: Holes, *, is_shown: bool = False) -> str:
        """The pong to a ping that had this in its holes; without secrets where it `is_shown`."""
        assert self.pong is not None
        return self.pong.say(self._filled(0, asked, is_shown=is_shown))

    def say_echo(self, text: str) -> str:
        """The echo of a business message, as short as it can be."""
        assert self.echo is not None
        return HOLE.sub(lambda _: text, self.echo.said.text)

    def say(
        self,
        form: Form | Template,
        number: int,
        known: Holes | None = None,
        *,
        is_shown: bool = False,
    ) -> str:
        """Another message, with what is known of its holes; secrets are not in what is shown."""
        return form.say(self._filled(number, known, is_shown=is_shown))

    def is_answered_by(self, asked: Holes, given: Holes) -> bool:
        """Whether a pong carries what it has to copy from a ping."""
        return self.pong is None or answers(self.ping, asked, self.pong, given)

    def _filled(self, number: int, known: Holes | None = None, *, is_shown: bool = False) -> Fill:
        def fill(name: str) -> Any:
            if name.startswith(ENVIRONMENT) and is_shown:
                return f"${{{name}}}"
            if known is not None and name in known:
                return known[name]
            if name.startswith(ENVIRONMENT):
                return os.environ.get(name.removeprefix(ENVIRONMENT), "")
            if name == NOW:
                return int(time.time() * 1000)
            return "wsbeat" if name == ANY else number

        return fill


def _secrets_in(*templates: Template) -> tuple[str, ...]:
    """What the environment has for the holes of some texts."""
    names = {name for each in templates for name in each.names if name.startswith(ENVIRONMENT)}
    found = {os.environ.get(name.removeprefix(ENVIRONMENT), "") for name in names}
    return tuple(sorted(each for each in found if each))


def canonical(document: Mapping[str, Any]) -> str:
    """The content of a dialect's file as one text."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False)
