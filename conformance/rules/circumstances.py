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


NO_PINGS_OF_CLIENTS: Mapping[Circumstance, str] = {
    "no pings of clients": "In the dialect only the server pings."
}

FREE_PINGS: Mapping[Circumstance, str] = {
    **NO_PINGS_OF_CLIENTS,
    "pings left open": 'The dialect does not say when a client pings: its `next` is "free", or its '
    "[timing] has no heartbeat_interval.",
}

PUT_OFF_PINGS: Mapping[Circumstance, str] = {
    "pings put off": "In the dialect each message that comes puts the next ping off.",
    "nothing disturbs": "The dialect has nothing in spite of which a client would have to ping: no "
    "`bears` in its [client], and no pong_timeout in its [timing].",
}

NO_PONGS_OF_SERVERS: Mapping[Circumstance, str] = {
    "no pongs of servers": "In the dialect a server says no pongs."
}

NO_GIVING_UP: Mapping[Circumstance, str] = {
    **NO_PINGS_OF_CLIENTS,
    **NO_PONGS_OF_SERVERS,
    "giving up left open": "The dialect does not say how a client gives a connection up, or when: "
    "that takes `gives_up` in its [client] and pong_timeout in its [timing].",
    "never gives up": "In the dialect a client never gives a connection up for want of a pong.",
    "several pings unanswered": "At this timing a client may ping again before it gives up, and "
    "which ping it missed the pong to cannot be told.",
}

NO_RECONNECT: Mapping[Circumstance, str] = {
    "reconnecting left open": "The dialect does not say when a client comes back: its [timing] has "
    "no reconnect_delay."
}

NO_RETURNS: Mapping[Circumstance, str] = {
    "coming back left open": "The dialect says neither when a client comes back nor from what it "
    "stays away: no reconnect_delay in its [timing], and no `stays_away` in its [client]."
}

NO_DELAY: Mapping[Circumstance, str] = {
    "no reconnect delay": "At this timing a client may come back at once: reconnect_delay is 0 s."
}

NO_CAP: Mapping[Circumstance, str] = {
    "no reconnect cap": "The dialect does not say how long a client may wait after failures: its "
    "[timing] has no reconnect_cap."
}

NO_ANSWER_LIMIT: Mapping[Circumstance, str] = {
    "answers to attempts left open": "The dialect does not say how long an attempt may take."
}

NO_BURDENS: Mapping[Circumstance, str] = {
    "burdens left open": "The dialect does not say what a client has to bear: its [client] has no "
    "`bears`."
}


def left_out_by(dialect: Dialect, timing: spec.Timing) -> frozenset[Circumstance]:
    """What a dialect leaves out or open, and what says nothing at a timing."""
    if dialect.is_protocol:
        return frozenset()
    gives_up = dialect.client.gives_up
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
        "pings left open": dialect.pings_freely,
        "pings put off": dialect.client.next == "received",
        "nothing disturbs": not dialect.client.bears and not dialect.states("pong_timeout"),
        "giving up left open": gives_up is None
        or (gives_up.any and not dialect.states("pong_timeout")),
        "never gives up": gives_up is not None and not gives_up.any,
        "several pings unanswered": dialect.client.next != "pong"
        and timing.pong_timeout > timing.heartbeat_interval,
        "reconnecting left open": not dialect.states("reconnect_delay"),
        "coming back left open": not dialect.states("reconnect_delay")
        and not dialect.client.stays_away.any,
        "no reconnect delay": timing.reconnect_delay == 0,
        "no reconnect cap": not dialect.states("reconnect_cap"),
        "answers to attempts left open": True,
        "burdens left open": not dialect.client.bears,
        "no pongs of servers": not dialect.clients_are_answered,
        "no pings of clients": not dialect.client_pings,
    }
    return frozenset(name for name, it_is in found.items() if it_is)
