"""What a server does in a dialect that it does not in the protocol, as the file of that has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.mutants.behaviour import Behaviour, Close, Conversation, Drop, Reaction, now
from tests.mutants.compliant import echo_text

BUSINESS = "business"
"""The member by which business that the dialect has is known, once it is translated."""

A_MOMENT = 20
"""Into so many parts an interval is cut by who waits for a pong before the next is counted."""


def kept(document: Mapping[str, Any], server: Behaviour) -> Behaviour:
    """The server that keeps a dialect, made of one that keeps the protocol."""
    others = document.get("others", {})
    json_, binary = _reaction(others.get("json")), _reaction(others.get("binary"))

    def echo(talk: Conversation, data: object) -> Reaction:
        is_business = isinstance(data, dict) and BUSINESS in data
        return server.echo(talk, data) if is_business or json_ is None else json_

    known = document.get("subprotocols", ())
    server = replace(
        server,
        subprotocol=lambda offered: next((each for each in offered if each in known), None),
        echo=echo,
        not_json=lambda _: _reaction(others.get("not_json")) or [],
        binary=lambda _: binary or [],
        next_beat=NEXT_BEATS.get(document.get("server", {}).get("next"), server.next_beat),
    )
    if "timeout" not in document:
        return replace(server, deadline=lambda _: None)
    return server


def _reaction(written: Any) -> Reaction | None:
    """What a server does about a message, by what the dialect has; None where that is free."""
    words = [written] if isinstance(written, str) else written or ["free"]
    if "free" in words:
        return None
    if "ignore" in words:
        return []
    if "answer" in words:
        return [echo_text("not known")]
    if "abort" in words:
        return [Drop()]
    return [Close(next(each for each in words if isinstance(each, int)))]


def _after_the_pong(talk: Conversation) -> float | None:
    """One interval after the pong to the last ping; while that is missing, none is due."""
    interval = talk.timing.heartbeat_interval
    awaits = talk.beats > 0 and talk.ponged < talk.beaten
    return now() + interval / A_MOMENT if awaits else talk.ponged + interval


def _after_silence(talk: Conversation) -> float | None:
    """One interval after the last message of the client, or the last ping."""
    return max(talk.beaten, talk.spoken) + talk.timing.heartbeat_interval


NEXT_BEATS = {"pong": _after_the_pong, "received": _after_silence}
