"""Clients of the protocol that speak a dialect as its file has it, without a word by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from spec.dialect.shipped import document_of, shipped
from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.tongue import GIVES_UP, ClientTongue, Numbered, no_number
from tests.mutants.words import Words

FOREVER = 1e6
SECRET = "of its own"


@dataclass(frozen=True)
class ClientHabits:
    """What a client does in a dialect that it does not in the protocol."""

    document: Mapping[str, Any]

    @property
    def told(self) -> Mapping[str, Any]:
        """What the file says of clients."""
        told: Mapping[str, Any] = self.document.get("client", {})
        return told

    def __call__(self, client: Behaviour) -> Behaviour:
        """The client that keeps the dialect, made of one that keeps the protocol."""
        first = [
            Words(stage["text"]).say({"env:HASS_TOKEN": SECRET})
            for stage in self.document.get("prelude", ())
            if stage["by"] == "client" and not stage.get("optional")
        ]
        follows = self.told.get("next")
        client = replace(
            client,
            greets=lambda _: first,
            beats_on_pongs=follows == "pong",
            restarts=lambda _: follows == "received",
        )
        if self.document["ping"]["by"] == "server":
            return replace(client, first=lambda _: None)
        never = self.told.get("gives_up") == [] or "pong" not in self.document
        return replace(client, pong_timeout=lambda _: FOREVER) if never else client

    @property
    def gives_up(self) -> int | None:
        """The code with which it gives a connection up; None for an empty Close."""
        ends = self.told.get("gives_up") or [GIVES_UP]
        return None if ends[0] == "empty" else int(str(ends[0]).split("-")[0])

    @property
    def final(self) -> frozenset[int]:
        """The codes after which it stays away."""
        return frozenset(code for each in self.told.get("stays_away", ()) for code in _codes(each))


def _codes(written: int | str) -> Iterable[int]:
    found = [int(each) for each in re.findall(r"\d+", str(written))]
    return range(found[0], found[-1] + 1) if found else ()


def _number_in(written: Mapping[str, Any]) -> Numbered:
    words = Words(written.get("hear", written["text"]), written.get("further", False))

    def number(text: str) -> int | None:
        found = words.read(text)
        if found is None:
            return None
        given = found.get("id", 1)  # without one, it is that of the first ping of each connection
        return int(given) if str(given).isdigit() else None

    return number


@cache
def client_tongue_of(name: str) -> ClientTongue:
    """How clients speak a dialect that comes with wsbeat."""
    document = document_of(name)
    habits = ClientHabits(document)
    ping, pong = Words(document["ping"]["text"]), Words(document["pong"]["text"])
    by = document["ping"]["by"]
    return ClientTongue(
        shipped(name),
        ping=lambda n: ping.say({"id": n}),
        pong=lambda n: pong.say({"id": n}),
        number=no_number if by == "server" else _number_in(document["pong"]),
        gives_up=habits.gives_up,
        final=habits.final,
        habits=habits,
        asks=no_number if by == "client" else _number_in(document["ping"]),
    )
