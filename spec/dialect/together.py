"""What does not go together in the file of a dialect, each part of which is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spec.dialect.dialect import NUMBER
from spec.dialect.form import Form
from spec.dialect.made import made
from spec.dialect.template import Template


def faults_together(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What contradicts itself in a document of the right shape: where, and in words."""
    yield from _faults_between(document)
    yield from _faults_of_others(document)
    yield from _faults_of_numbers(document)


def _faults_between(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What does not go together."""
    by, pong = document["ping"]["by"], document.get("pong")
    alive, timeout = document.get("alive", {}).get("by"), document.get("timeout")
    asked = Template(document["ping"]["text"]).names
    if pong is not None:
        for name in Template(pong["text"]).names:
            if name == NUMBER and name not in asked:
                yield (
                    "pong.text",
                    "found the hole ${id}, which is copied from the ping and is not in it; "
                    "expected ${any}, or ${id} in ping.text",
                )
        if by == "both":
            dialect = made(document)
            spoken = dialect.say_ping(1)
            value = dialect.ping.said.example_value(spoken)
            if dialect.pong is not None and dialect.pong.resembles(spoken, value) is not None:
                yield (
                    "pong.text",
                    "found what cannot be told from a ping, though both sides say both; "
                    "expected texts that differ in what is fixed",
                )
    if document["ping"].get("rising") and NUMBER not in asked:
        yield "ping.rising", "found it, though ping.text has no ${id}; expected it left out"
    if alive == "pings" and by == "server":
        yield "alive.by", 'found "pings", which the client does not send; expected "pongs"'
    if alive == "pongs" and (by == "client" or pong is None):
        yield "alive.by", 'found "pongs", which the client does not send; expected "pings"'
    if "server" in document and by == "client":
        yield "server", "found it, though the server does not ping; expected it left out"
    if pong is None and document.get("server", {}).get("next") == "pong":
        yield "server.next", 'found "pong", and there is no [pong]; expected "ping" or "received"'
    if pong is None and document.get("client", {}).get("next") == "pong":
        yield "client.next", 'found "pong", and there is no [pong]; expected "ping" or "received"'
    if pong is None and "pongs" in document.get("client", {}).get("bears", ()):
        yield "client.bears", 'found "pongs", and there is no [pong]; expected it left out'
    if timeout is None and alive not in (None, "never"):
        yield "alive.by", f'found "{alive}" and no [timeout], expected one: how silence ends'
    if timeout is not None and alive == "never":
        yield "alive.by", 'found "never" and a [timeout], expected one or the other'
    if timeout is not None and "heartbeat_timeout" not in document.get("timing", {}):
        yield "timing", "found no heartbeat_timeout, expected one: there is a [timeout]"
    if timeout is not None and alive is None and by == "both":
        yield "alive", "found none, though both sides ping; expected `by`: what keeps it open"
    if document.get("order") == "in order" and not made(document).copied:
        yield "order", 'found "in order", though a pong carries no ${id}; expected it left out'


def _faults_of_others(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is meant to be no heartbeat, and is one."""
    dialect, business = made(document), document.get("business")
    asked = dialect.ping if dialect.client_pings else None
    answered = dialect.pong if dialect.client_pings else None
    beats = {"pong": answered, "ping": dialect.ping if dialect.server_pings else None}
    if isinstance(business, dict):
        said, heard = (
            dialect.say(Template(business.get(key, ""), is_exact=business.get("exact", False)), 1)
            for key in ("say", "hear")
        )
        if asked is not None and _is_known(asked, said):
            yield "business.say", "found what is a ping, too; expected a message that is none"
        if answered is not None and "hear" in business and _is_known(answered, heard):
            yield "business.hear", "found what is a pong, too; expected what differs from it"
    for number, event in enumerate(dialect.events):
        for what, beat in beats.items():
            if beat is not None and _is_known(beat, dialect.say(event, 1)):
                instead = "; `unasked = true` in [pong] says that it comes unasked"
                yield (
                    f"event[{number}].text",
                    f"found what is a {what}, too; expected what differs from it"
                    + (instead if what == "pong" else ""),
                )


def _is_known(form: Form, text: str) -> bool:
    return form.read(text, form.said.example_value(text)) is not None


def _faults_of_numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Numbers with which no connection could be kept."""
    said, timeout = document.get("timing", {}), document.get("timeout")
    limit, interval = said.get("heartbeat_timeout"), said.get("heartbeat_interval")
    if timeout is not None and interval is not None and limit is not None and limit <= interval:
        yield (
            "timing.heartbeat_timeout",
            f"found {limit:g} s, expected more than heartbeat_interval, {interval:g} s: else no "
            "heartbeat keeps a connection open",
        )
