"""What a dialect leaves out or open, so that requirements on it say nothing, and why."""

from __future__ import annotations

from collections.abc import Mapping

import spec
from conformance.rules.rule import Circumstance
from conformance.trace.trace import Capabilities
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
    "no server pings": "In the dialect the server does not ping, or only when it likes."
}

NO_CLIENT_PONGS: Mapping[Circumstance, str] = {
    "no client pongs": "In the dialect there is no ping of the server that a client answers."
}

NOT_BY_PONGS: Mapping[Circumstance, str] = {
    "clock without pongs": "In the dialect no clock of the server runs by pongs."
}

NO_ANSWERS: Mapping[Circumstance, str] = {
    "no answers": "In the dialect no message of a client gets a pong: there is none to judge, and "
    "none to see by what becomes of others."
}


def binds(requirement: spec.Requirement, capabilities: Capabilities, dialect: Dialect) -> bool:
    """Whether a requirement is about a target that declares these, in a dialect.

    Where the server pings, what is asked of that is, whatever its clock runs by.
    """
    if dialect.server_pings and requirement.capability == "server_ping":
        return True
    return requirement.binds(capabilities.declared)


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
        "no server pings": not dialect.server_pings or dialect.server_next == "free",
        "no client pongs": not dialect.server_pings or dialect.pong is None,
        "clock without pongs": dialect.alive != "pongs",
        "no answers": not dialect.clients_are_answered,
        "one spelling of a pong": dialect.pong is not None and dialect.pong.has_one_spelling,
        "talks freely": not dialect.quiet
        and (dialect.pong_unasked or not dialect.clients_are_answered),
    }
    return frozenset(name for name, it_is in found.items() if it_is)
