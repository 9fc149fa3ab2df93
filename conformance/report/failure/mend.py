"""How a fault is mended, in the words of the dialect that the peer speaks.

`spec/mends.md` speaks of the protocol's own messages. Where it names one of them, a number that a
dialect has not, or a rule that a dialect turns round, the sentence is another one there, and what
to write in a library is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import spec
from conformance.rules.in_dialect import BURDENS, COUNTED_FROM
from conformance.targets.printable import printable
from spec.dialect.dialect import Dialect
from spec.dialect.form import Form

Worded: TypeAlias = Callable[[Dialect], str | None]
"""The mend in a dialect; None where it is what it always is."""


def mend_in(dialect: Dialect, requirement: str) -> spec.Mend:
    """What is known of a fault against a requirement, for a peer that speaks a dialect."""
    known = spec.mend_of(requirement)
    if dialect.is_protocol or requirement not in WORDED:
        return known
    said = WORDED[requirement](dialect)
    return spec.Mend("", said, {}) if said else spec.Mend(known.breaks, known.mend, {})


def _code(form: Form) -> str:
    return f"`{printable(form.said.text)}`"


def _copying(dialect: Dialect) -> str:
    names = " and ".join(f"`${{{name}}}`" for name in dialect.copied)
    return f", with what the ping has in {names}" if names else ""


def _a_ping(dialect: Dialect) -> str:
    if not dialect.ping.known.is_json:
        return f"Compare the whole text with {_code(dialect.ping)}, in just this case."
    return (
        f"Parse the message, and take it for a ping if it is {_code(dialect.ping)} as a value, in "
        "just this case, and for nothing else."
    )


def _pong(dialect: Dialect) -> str:
    return (
        "Answer the ping in the loop that reads it, once, to the connection that sent it"
        f"{_copying(dialect)}."
    )


def _pong_form(dialect: Dialect) -> str:
    assert dialect.pong is not None
    return (
        f"Send {_code(dialect.pong)}{_copying(dialect)}; put what else you have to say into a "
        "message of your own."
    )


def _not_json(dialect: Dialect) -> str | None:
    allowed = dialect.not_json
    return None if allowed.ignore else f"Catch what the parser raises; what is due then: {allowed}."


def _binary(dialect: Dialect) -> str:
    return f"Look at the kind of the message first; what is due for binary: {dialect.binary}."


def _quiet(dialect: Dialect) -> str:
    if dialect.quiet:
        return "Say nothing that was not asked for, or name it as an `[[event]]` of the dialect."
    return "Send a pong for a ping, and for nothing else."


def _refresh(dialect: Dialect) -> str | None:
    if dialect.alive != "messages":
        return None
    return "Note the time with every data message, under the key of this very connection."


def _only(dialect: Dialect) -> str:
    if dialect.alive == "messages":
        return (
            "Note the time where a data message was read, whatever it says, and not with control "
            'frames; or say in the dialect what counts: `[alive]`, `by = "pings"`.'
        )
    return (
        "Note the time where a ping was recognised, and nowhere else; or say in the dialect that "
        'all counts: `[alive]`, `by = "messages"`.'
    )


def _earliest(dialect: Dialect) -> str | None:
    if dialect.alive != "messages":
        return None
    return (
        "Compare the time since the last message with `heartbeat_timeout`, and note messages as "
        "they are read."
    )


def _end(dialect: Dialect) -> str:
    alone = "" if dialect.reason is None else ", and use that reason for nothing else"
    return f"End a silent connection with {dialect.silent_end}{alone}."


def _by_pongs(dialect: Dialect) -> str:
    said = "Restart the clock with pongs alone, and end a silent connection with"
    return f"{said} {dialect.silent_end}."


def _client_ping(dialect: Dialect) -> str:
    return f"Send {_code(dialect.ping)}, as a text message."


def _cadence(dialect: Dialect) -> str | None:
    if dialect.client.next == "ping":
        return None
    return (
        f"Set the timer anew with {COUNTED_FROM[dialect.client.next]}, to `heartbeat_interval`, "
        "for as long as the connection is open."
    )


def _always(dialect: Dialect) -> str | None:
    meant = {"pong": "a pong that is slow or missing", "sent": "what the client itself says"}
    if dialect.client.next not in meant:
        return None
    return f"Let nothing but {meant[dialect.client.next]} put a ping off while it is connected."


def _reconnect(dialect: Dialect) -> str | None:
    final = dialect.client.stays_away
    if not final.any:
        return None
    return (
        "Reconnect from the handler of `close`, unless your own code asked for the close, or it "
        f"was {final}."
    )


def _tolerate(dialect: Dialect) -> str:
    borne = ", ".join(told for kind, told in BURDENS.items() if dialect.bears(kind))
    return f"Ignore what you cannot use: {borne}."


def _pong_missing(dialect: Dialect) -> str:
    its = " with its number" if dialect.copied else ""
    return (
        f"Set a timer of `pong_timeout` with each ping, stop it with the pong{its}; when it goes "
        f"off, end the connection with {dialect.client.gives_up} and connect anew without waiting."
    )


def _server_ping(dialect: Dialect) -> str:
    since = COUNTED_FROM.get(dialect.server_next, "the ping before")
    return (
        f"Send {_code(dialect.ping)} `heartbeat_interval` after the handshake, then after {since}."
    )


def _client_pong(dialect: Dialect) -> str:
    assert dialect.pong is not None
    return f"Answer each {_code(dialect.ping)} with {_code(dialect.pong)}{_copying(dialect)}, once."


def _no_loop(dialect: Dialect) -> str | None:
    return None if dialect.alive == "pongs" else "Take note of a pong, say nothing, and go on."


WORDED: Mapping[str, Worded] = {
    "S-PING-FORM": _a_ping,
    "S-PONG": _pong,
    "S-PONG-FORM": _pong_form,
    "S-IGNORE-NOT-JSON": _not_json,
    "S-BINARY": _binary,
    "S-QUIET": _quiet,
    "S-REFRESH": _refresh,
    "S-ONLY-PINGS": _only,
    "S-TIMEOUT-EARLIEST": _earliest,
    "S-TIMEOUT-CODE": _end,
    "C-PING-FORM": _client_ping,
    "C-PING-CADENCE": _cadence,
    "C-PING-ALWAYS": _always,
    "C-RECONNECT": _reconnect,
    "C-TOLERATE": _tolerate,
    "C-PONG-MISSING": _pong_missing,
    "B-SERVER-PING": _server_ping,
    "B-CLIENT-PONG": _client_pong,
    "B-NO-LOOP": _no_loop,
    "B-TIMEOUT": _by_pongs,
}
