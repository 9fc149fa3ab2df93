"""Servers of the protocol that speak a dialect as its file has it, without a word by hand.

What is said for whom is read from the document by `words`. A message that is nearly a ping of the
dialect becomes what is as near to one of the protocol: the word by which a ping is known becomes
`ping`, in its own case, and the member in which it stands `type`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection

from spec.dialect.made import made
from spec.dialect.shipped import document_of
from tests.mutants.clients.tongue import parsed
from tests.mutants.habits import BUSINESS, kept
from tests.mutants.tongue import Hear, Tongue
from tests.mutants.words import HOLE, WHOLE, Words

LETTERS_BEFORE = 3


@dataclass(frozen=True)
class Heard:
    """What was in a message of a client: in its holes, and whether it is the business of all."""

    holes: Mapping[str, Any]
    is_business: bool = False


NOTHING = Heard({})


@dataclass(frozen=True)
class FromFile:
    """The words of a dialect, and how they become those of the protocol and the reverse."""

    document: Mapping[str, Any]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    """Those of the server's own pings: none is said twice."""

    @cached_property
    def ping(self) -> Words:
        """What has to be taken for a ping."""
        return _heard(self.document["ping"])

    @cached_property
    def pong(self) -> Words | None:
        """The same of a pong."""
        written = self.document.get("pong")
        return None if written is None else _heard(written)

    @cached_property
    def tag(self) -> tuple[str, int | str | None]:
        """The word by which a ping is known, and the member or the place in which it stands."""
        model, pong = self.ping.model, None if self.pong is None else self.pong.model
        if model is None:
            return self.ping.text, None
        others = pong.values() if isinstance(pong, dict) else pong or ()
        places = model.items() if isinstance(model, dict) else enumerate(model)
        return next(
            (each, place)
            for place, each in places
            if isinstance(each, str) and not HOLE.search(each) and each[:1] != WHOLE
            if each not in others
        )

    def pings(self, side: str) -> bool:
        """Whether a side pings."""
        return self.document["ping"]["by"] in (side, "both")

    def hear(self, text: str) -> tuple[str, Heard]:
        """What a text of a client is in the protocol, and what was in it."""
        ping, pong = self.ping.read(text), None if self.pong is None else self.pong.read(text)
        if ping is not None and self.pings("client"):
            return _spelled("ping", self.ping, text, self._said("ping", ping)), Heard(ping)
        if pong is not None and self.pong is not None and self.pings("server"):
            return _spelled("pong", self.pong, text, self._said("pong", pong)), Heard(pong)
        business = self.document.get("business")
        if (
            business
            and "hear" in business
            and (holes := Words(business["say"]).read(text)) is not None
        ):
            return json.dumps({BUSINESS: holes}), Heard(holes, is_business=True)
        heard = Heard(self._nearly(text))
        try:
            value = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            if self.ping.model is None:
                return json.dumps({"type": self._word(text)}), heard
            return self._words(text), heard
        if self.ping.model is None:
            known = json.loads(self._word(text)) if self.tag[0].isalpha() else value
            return json.dumps({"json": known}), heard
        return json.dumps(self._near(value), separators=(",", ":")), heard

    def hear_rising(self) -> Hear:
        """The same on one connection, where a number that is past makes no ping and no business."""
        highest = [0]

        def hear(text: str) -> tuple[str, Heard]:
            meant, heard = self.hear(text)
            number = heard.holes.get("id")
            if not isinstance(number, int):
                return meant, heard
            if number <= highest[0]:
                return '{"reused":true}', NOTHING
            highest[0] = number
            return meant, heard

        return hear

    def say(self, text: str, heard: Heard) -> str:
        """What a text of the protocol is in the dialect, as an answer to something."""
        value = parsed(text)
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            return text
        if kind == "echo" and isinstance(heard, Heard) and heard.is_business:
            business = Words(self.document["business"]["hear"])
            if business.model is None:
                return business.say(heard.holes)
            return json.dumps(business.value(heard.holes))
        if kind.lower() not in ("ping", "pong") or not (
            kind.lower() == "pong" or self.pings("server")
        ):
            return text
        holes = heard.holes if isinstance(heard, Heard) else {}
        holes = {"id": next(self.numbers)} if kind.lower() == "ping" else holes
        said = self._said(kind.lower(), holes)
        further = {name: each for name, each in value.items() if name != "type"}
        return with_further(said.upper() if kind.isupper() else said, further)

    def _said(self, kind: str, holes: Mapping[str, Any]) -> str:
        return Words(self.document[kind]["text"]).say(holes)

    def _nearly(self, text: str) -> dict[str, Any]:
        """The numbers in what is no message of the dialect, and stand where it has its own."""
        written = self.document["ping"]["text"]
        found = {}
        for hole in HOLE.finditer(written):
            before = written[: hole.start()].rstrip('"')[-LETTERS_BEFORE:]
            if number := re.search(re.escape(before) + r'\s*"?(\d+)', text):
                found[hole[1]] = number[1] if f'"{hole[0]}"' in written else int(number[1])
        return found

    def _near(self, value: Any) -> Any:
        """What is as near to a message of the protocol as this value is to one of the dialect."""
        if self.ping.read_value(value) is not None:
            return {"type": "ping"}
        model = self.ping.model
        if isinstance(value, list) and isinstance(model, list) and len(value) == len(model):
            value = {"type" if n == self.tag[1] else f"{n}": each for n, each in enumerate(value)}
        if isinstance(value, list):
            return list(map(self._near, value))
        if isinstance(value, dict):
            near = {self._words(name): self._near(each) for name, each in value.items()}
            if near.get("type") in ("ping", "pong"):
                near["kind"] = near.pop("type")  # something else is wrong with it
            return near
        return self._words(value) if isinstance(value, str) else value

    def _words(self, text: str) -> str:
        """A text with the words of the protocol in the place of those of the dialect."""
        member = self.tag[1]
        if isinstance(member, str) and member != "type":
            text = re.sub(rf"\b{member}", _cased("type"), text, flags=re.IGNORECASE)
        return self._word(text)

    def _word(self, text: str) -> str:
        word = self.tag[0]
        return re.sub(re.escape(word), _cased("ping", like=word), text, flags=re.IGNORECASE)

    async def introduce(self, socket: ServerConnection) -> None:
        """Say the server's part of the prelude, and wait for the client's."""
        known: dict[str, Any] = {}
        for stage in self.document["prelude"]:
            if stage["by"] == "server":
                await socket.send(Words(stage["text"]).say(known))
            elif not stage.get("optional"):
                while (found := _login(stage, str(await socket.recv()))) is None:
                    pass
                known |= found

    @property
    def code(self) -> int | None:
        """With which code a silent connection is closed; None where it is aborted."""
        ends = self.document.get("timeout", {}).get("close", ())
        return next((each for each in ends if isinstance(each, int)), None)


def _login(stage: Mapping[str, Any], text: str) -> dict[str, Any] | None:
    found = _heard(stage).read(text)
    if found is None:
        return None
    secrets = {name: each for name, each in found.items() if name.startswith("env:")}
    assert all(os.environ[name.removeprefix("env:")] == each for name, each in secrets.items())
    return found


def _heard(written: Mapping[str, Any]) -> Words:
    return Words(written.get("hear", written["text"]), written.get("further", False))


def with_further(said: str, further: Mapping[str, Any]) -> str:
    """A message with what ought not to be in it."""
    known = parsed(said)
    if not further:
        return said
    if isinstance(known, dict):
        return json.dumps({**known, **further})
    if isinstance(known, list):
        last = {**known.pop(), **further} if isinstance(known[-1], dict) else further
        return json.dumps([*known, last])
    return f"{said} {json.dumps(further)}"


def _spelled(kind: str, words: Words, text: str, usual: str) -> str:
    """A heartbeat of the protocol, as unlike its usual spelling as one of the dialect is."""
    value, model = parsed(text), words.model
    further = {}
    if isinstance(value, dict) and isinstance(model, dict):
        further = {name: each for name, each in value.items() if name not in parsed(usual)}
    if text == usual:
        return f'{{"type":"{kind}"}}'
    spelled = json.dumps({"type": kind, **further}, separators=(" , ", " : "))
    return spelled.replace(kind, f"\\u{ord(kind[0]):04x}{kind[1:]}") if "\\u" in text else spelled


def _cased(meant: str, like: str = "") -> Any:
    """Puts a word into the place of another, in capitals where that is not in its usual case."""

    def cased(found: re.Match[str]) -> str:
        if found[0] == (like or found[0].lower()):
            return meant
        return meant.title() if found[0].istitle() else meant.upper()

    return cased


def _refuse(constant: str) -> None:
    raise ValueError(constant)


@cache
def tongue_of(name: str) -> Tongue:
    """How servers speak a dialect that comes with wsbeat."""
    return tongue_from(document_of(name))


def tongue_from(document: Mapping[str, Any]) -> Tongue:
    """How servers speak the dialect of a document."""
    words = FromFile(document)
    declares = ("server_ping",) if words.pings("server") else ()
    if words.document.get("alive", {}).get("by") == "messages":
        declares = (*declares, "inbound_liveness")
    return Tongue(
        made(document),
        words.hear,
        words.say,
        words.code,
        words.introduce if "prelude" in words.document else None,
        declares,
        lambda server: kept(words.document, server),
        words.hear_rising if words.document["ping"].get("rising") else None,
    )
