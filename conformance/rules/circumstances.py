"""What a dialect leaves out or open, so that requirements on it say nothing, and why."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.rules.rule import Circumstance
from spec.dialect.dialect import Dialect

NO_TIMEOUT: Mapping[Circumstance, str] = {
    "no time-out": "The dialect has no [timeout]: a server never ends a silent connection."
}

NO_CLOSING: Mapping[Circumstance, str] = {
    **NO_TIMEOUT,
    "no closing": "In the dialect a silent connection ends without a Close: none is unanswered.",
}

NO_ECHO: Mapping[Circumstance, str] = {
    "no echo": "The dialect has no echo: what answers other messages is the application's affair."
}

NO_LIMITS: Mapping[Circumstance, str] = {
    "limits left open": "The dialect says nothing of size, depth, or JSON beyond I-JSON."
}

NO_SERVER_PINGS: Mapping[Circumstance, str] = {
    "no server pings": "In the dialect the server does not ping, or need not be answered."
}


def left_out_by(dialect: Dialect) -> frozenset[Circumstance]:
    """What a dialect leaves out or open."""
    if dialect.is_protocol:
        return frozenset()
    found: dict[Circumstance, bool] = {
        "subprotocols left open": not dialect.prelude,
        "no echo": dialect.echo is None,
        "limits left open": True,
        "text left open": dialect.not_json.free or dialect.not_json.answer,
        "binary left open": dialect.binary.free or dialect.binary.answer,
        "replies without order": dialect.by_id or not dialect.copied,
        "output left open": True,
        "shutdown left open": True,
        "no time-out": not dialect.has_timeout,
        "no closing": not dialect.ends.by_close,
        "no server pings": dialect.alive != "pongs",
        "one spelling of a pong": dialect.pong is not None and dialect.pong.has_one_spelling,
        "talks freely": dialect.pong_unasked and not dialect.quiet,
    }
    return frozenset(name for name, it_is in found.items() if it_is)
