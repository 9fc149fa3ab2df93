"""Dialects made of the content of their files, which was found to be right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from spec.dialect.dialect import Allowed, ClientHabits, Dialect, Stage, canonical
from spec.dialect.ends import Ends
from spec.dialect.form import Form
from spec.dialect.template import Template


def made(document: Mapping[str, Any]) -> Dialect:
    """The dialect that a file describes; the same object for the same content.

    Raises TemplateError where a text in it is no template.
    """
    return _made(canonical(document))


@cache
def _made(text: str) -> Dialect:
    document = json.loads(text)
    ping, pong, timeout = document["ping"], document.get("pong"), document.get("timeout", {})
    others, client = document.get("others", {}), document.get("client", {})
    ping_by = ping["by"]
    alive = document.get("alive", {}).get("by")
    if alive is None:
        alive = "never" if not timeout else "pongs" if ping_by == "server" else "pings"
    business = document.get("business")
    return Dialect(
        document=document,
        name=document["name"],
        version=document.get("version", ""),
        source=document.get("source", ""),
        subprotocols=tuple(document.get("subprotocols", ())),
        prelude=tuple(
            Stage(each["by"], _form(each), each.get("optional", False))
            for each in document.get("prelude", ())
        ),
        ping_by=ping_by,
        ping=_form(ping),
        rising=ping.get("rising", False),
        pong=None if pong is None else _form(pong),
        pong_unasked=bool(pong and pong.get("unasked", False)),
        echo=None if "echo" not in document else _form(document["echo"]),
        business=None
        if business is None
        else Template(business["say"], is_exact=business.get("exact", False)),
        events=tuple(_form(each) for each in document.get("event", ())),
        batches=document.get("batches", False),
        by_id=document.get("order", "by id") == "by id",
        alive=alive,
        ends=Ends.of(timeout.get("close", ())),
        reason=timeout.get("reason"),
        json=_allowed(others.get("json", "free")),
        not_json=_allowed(others.get("not_json", "free")),
        binary=_allowed(others.get("binary", "free")),
        quiet=document.get("quiet", False),
        client=ClientHabits(
            next=client.get("next", "ping"),
            gives_up=None if "gives_up" not in client else Ends.of(client["gives_up"]),
            stays_away=Ends.of(client.get("stays_away", ())),
            may_stay_away=Ends.of(client.get("may_stay_away", ())),
            bears=None if "bears" not in client else frozenset(client["bears"]),
        ),
        server_next=document.get("server", {}).get("next", "ping"),
    )


def _form(written: Mapping[str, Any]) -> Form:
    is_open, is_exact = written.get("further", False), written.get("exact", False)
    text = written["text"]
    heard = written.get("hear", text)
    return Form(
        Template(text, is_open, is_exact),
        Template(heard, is_open, is_exact),
        Template(written.get("known_by", heard), is_open, is_exact),
    )


def _allowed(written: Any) -> Allowed:
    words = [written] if isinstance(written, str) else written
    ends = [each for each in words if each not in ("free", "ignore", "answer")]
    return Allowed("free" in words, "ignore" in words, "answer" in words, Ends.of(ends))
