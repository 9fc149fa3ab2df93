"""What becomes of each requirement in a dialect: as it stands, with another value, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import spec
from conformance.rules import rules
from conformance.rules.circumstances import binds, left_out_by
from conformance.trace.trace import Capabilities, Role
from spec.dialect.dialect import Allowed, Burden, Dialect, Next

State: TypeAlias = Literal["as it stands", "with another value", "does not apply"]

Worded: TypeAlias = Callable[[Dialect, spec.Timing], str | None]
"""What a requirement says in a dialect, in a sentence; None where it says what it always does."""


@dataclass(frozen=True, slots=True)
class InDialect:
    """What becomes of a requirement in a dialect, and the sentence that says it."""

    requirement: spec.Requirement
    state: State
    told: str = ""


def in_dialect(
    dialect: Dialect, timing: spec.Timing, role: Role, capabilities: Capabilities
) -> list[InDialect]:
    """What becomes of every requirement on a role, in the order of the contract."""
    left_out, by_id = left_out_by(dialect, timing), {rule.requirement: rule for rule in rules(role)}
    found = []
    for each in spec.requirements():
        if role not in each.roles:
            continue
        rule = by_id.get(each.id)
        why = next(
            (said for what, said in rule.not_applicable_when.items() if what in left_out), None
        ) if rule else "This version of wsbeat does not check it."  # fmt: skip
        if why is None and not binds(each, capabilities, dialect):
            why = "It is about a capability that the dialect has not, or replaces."
        if why is not None:
            found.append(InDialect(each, "does not apply", why))
            continue
        worded = None if dialect.is_protocol else WORDED.get(each.id)
        told = None if worded is None else worded(dialect, timing)
        state: State = "as it stands" if told is None else "with another value"
        found.append(InDialect(each, state, told or ""))
    return found


def worded(requirement: str, dialect: Dialect, timing: spec.Timing) -> str:
    """What a requirement that applies in a dialect says there."""
    said = WORDED[requirement](dialect, timing) if requirement in WORDED else None
    return said or "As it stands."


def _accept(dialect: Dialect, _: spec.Timing) -> str | None:
    if not dialect.prelude:
        return None
    return "A connection is accepted when its prelude has come about."


def _ping_form(dialect: Dialect, _: spec.Timing) -> str:
    how = "compared as JSON" if dialect.ping.known.is_json else "compared as text"
    return f"A ping is {dialect.ping.known.text}, {how}; what only resembles it is none."


def _pong(dialect: Dialect, _: spec.Timing) -> str | None:
    if not dialect.copied:
        return None
    names = ", ".join(f"${{{name}}}" for name in dialect.copied)
    return f"Each ping gets one pong, and it carries what the ping has in {names}."


def _pong_form(dialect: Dialect, _: spec.Timing) -> str:
    assert dialect.pong is not None
    return f"A pong is {dialect.pong.heard.text}."


def _not_json(dialect: Dialect, _: spec.Timing) -> str:
    return _gets(dialect.not_json, dialect)


def _binary(dialect: Dialect, _: spec.Timing) -> str:
    return _gets(dialect.binary, dialect)


def _gets(allowed: Allowed, dialect: Dialect) -> str:
    unseen = "" if dialect.quiet else "; of what a server says, only a pong would be seen"
    return f"It gets {allowed}{unseen}."


def _quiet(dialect: Dialect, _: spec.Timing) -> str | None:
    if dialect.quiet:
        return None
    return "Pongs that no ping asked for are judged; what else a server says is its own affair."


def _soon(_: Dialect, timing: spec.Timing) -> str:
    return f"Within {timing.reply_deadline:g} s, and {timing.tolerance:g} s of tolerance."


def _earliest(_: Dialect, timing: spec.Timing) -> str:
    return f"Not before {timing.heartbeat_timeout:g} s after the last sign of life."


def _latest(_: Dialect, timing: spec.Timing) -> str:
    return f"By {timing.latest_close:g} s after it, and {timing.tolerance:g} s of tolerance."


def _end(dialect: Dialect, _: spec.Timing) -> str:
    return f"A silent connection ends with {dialect.silent_end}."


def _alive(dialect: Dialect, _: spec.Timing) -> str | None:
    return "Any data message restarts the clock." if dialect.alive == "messages" else None


def _independent(dialect: Dialect, _: spec.Timing) -> str | None:
    if dialect.has_timeout:
        return None
    return "The end of one connection changes nothing for another; there is no clock to share."


def _client_ping_form(dialect: Dialect, _: spec.Timing) -> str:
    how = "compared as JSON" if dialect.ping.heard.is_json else "compared as text"
    rising = " Its number rises on a connection." if dialect.rising else ""
    return f"A ping is {dialect.ping.known.text}, {how}.{rising}"


def _first_ping(_: Dialect, timing: spec.Timing) -> str:
    return f"By {timing.heartbeat_interval:g} s, and {timing.tolerance:g} s of tolerance."


def _cadence(dialect: Dialect, timing: spec.Timing) -> str:
    since = COUNTED_FROM.get(dialect.client.next, "the ping before")
    return f"{timing.shortest_gap:g} s to {timing.longest_gap:g} s after {since}."


def _always(dialect: Dialect, _: spec.Timing) -> str | None:
    if dialect.client.next == "pong":
        return "Only a pong that is slow or missing puts a ping off; other messages do not."
    if dialect.client.next == "sent":
        return "Only what the client itself says puts a ping off; what it is sent does not."
    return None


def _reconnect(dialect: Dialect, _: spec.Timing) -> str:
    final = dialect.client.stays_away
    if not dialect.states("reconnect_delay"):
        return f"A client stays away after {final}; what else it comes back from is left open."
    away = f" It stays away after {final}." if final.any else ""
    if dialect.client.may_stay_away.any:
        away += f" It need not come back after {dialect.client.may_stay_away}."
    return (
        "A client comes back after every end that is not its own close, and every failed attempt, "
        f"of which HTTP statuses below 500 are not tried.{away}"
    )


def _floor(_: Dialect, timing: spec.Timing) -> str:
    return f"Not before {timing.reconnect_delay:g} s after the end."


def _ceiling(_: Dialect, timing: spec.Timing) -> str:
    latest = timing.reconnect_delay + timing.reconnect_jitter
    return f"By {latest:g} s after the end, and {timing.tolerance:g} s of tolerance."


def _backoff(_: Dialect, timing: spec.Timing) -> str:
    cap, tolerance = timing.reconnect_cap, timing.tolerance
    return f"No wait is longer than {cap:g} s, and {tolerance:g} s of tolerance."


def _tolerate(dialect: Dialect, _: spec.Timing) -> str:
    borne = [told for kind, told in BURDENS.items() if dialect.bears(kind)]
    return f"A client bears {', '.join(borne)}."


def _pong_missing(dialect: Dialect, timing: spec.Timing) -> str:
    return f"After {timing.pong_timeout:g} s without a pong, with {dialect.client.gives_up}."


def _stay(dialect: Dialect, timing: spec.Timing) -> str:
    first = "A client goes through the prelude. " if dialect.prelude else ""
    if not dialect.client_pings:
        return f"{first}A connection is kept on which the server pings."
    if dialect.pong is None:
        return f"{first}A connection is kept on which the client pings."
    return f"{first}A connection is kept whose pings are answered within {timing.pong_timeout:g} s."


def _client_pong(dialect: Dialect, timing: spec.Timing) -> str:
    assert dialect.pong is not None
    names = ", ".join(f"${{{name}}}" for name in dialect.copied)
    copied = f" with what the ping has in {names}" if names else ""
    said = f"Each ping gets one pong, {dialect.pong.heard.text}{copied}"
    return f"{said}. {_soon(dialect, timing)}"


COUNTED_FROM: Mapping[Next, str] = {
    "ping": "the ping before",
    "pong": "the pong to the ping before",
    "received": "the last message that came",
    "sent": "the last message that it sent",
}
"""From when on a client counts the time to its next ping, in words."""

BURDENS: Mapping[Burden, str] = {
    "json": "other JSON",
    "not_json": "text that is not JSON",
    "binary": "binary messages",
    "pongs": "pongs that it did not ask for",
}
"""What a client may have to bear, in words."""


def _server_ping(dialect: Dialect, timing: spec.Timing) -> str:
    since: Mapping[Next, str] = {
        "ping": "the one before",
        "pong": "the pong to the one before",
        "received": "the last message that it received",
    }
    return (
        f"A ping is {dialect.ping.said.text}. The first comes by {timing.heartbeat_interval:g} s, "
        f"and each further one so long after {since[dialect.server_next]}."
    )


def _by_pongs(dialect: Dialect, timing: spec.Timing) -> str:
    what = "ping that was answered" if dialect.server_next == "ping" else "pong"
    return (
        f"Not before {timing.heartbeat_timeout:g} s and by {timing.latest_close:g} s after the "
        f"last {what}, or the handshake, with {dialect.silent_end}."
    )


WORDED: Mapping[str, Worded] = {
    "S-ACCEPT": _accept,
    "S-PING-FORM": _ping_form,
    "S-PONG": _pong,
    "S-PONG-FORM": _pong_form,
    "S-IGNORE-NOT-JSON": _not_json,
    "S-BINARY": _binary,
    "S-REPLY-SOON": _soon,
    "S-QUIET": _quiet,
    "S-REFRESH": _alive,
    "S-ONLY-PINGS": _alive,
    "S-TIMEOUT-EARLIEST": _earliest,
    "S-TIMEOUT-LATEST": _latest,
    "S-TIMEOUT-CODE": _end,
    "S-INDEPENDENT": _independent,
    "C-PING-FORM": _client_ping_form,
    "C-PING-FIRST": _first_ping,
    "C-PING-CADENCE": _cadence,
    "C-PING-ALWAYS": _always,
    "C-RECONNECT": _reconnect,
    "C-RECONNECT-FLOOR": _floor,
    "C-RECONNECT-CEILING": _ceiling,
    "C-BACKOFF": _backoff,
    "C-TOLERATE": _tolerate,
    "C-PONG-MISSING": _pong_missing,
    "C-STAY": _stay,
    "B-CLIENT-PONG": _client_pong,
    "B-SERVER-PING": _server_ping,
    "B-TIMEOUT": _by_pongs,
}
