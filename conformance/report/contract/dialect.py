"""A dialect in words: what wsbeat understood, and what becomes of each requirement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import spec
from conformance.report.text_width import wrapped
from conformance.rules.in_dialect import BURDENS, COUNTED_FROM, InDialect
from conformance.targets.printable import printable
from spec.dialect.dialect import NUMBER, Dialect
from spec.dialect.form import Form
from spec.dialect.timing import assumed_in

SIDES = {"client": "the client", "server": "the server", "both": "either side"}

LIFE = {
    "pings": "every ping restarts its clock, and nothing else does",
    "pongs": "every pong restarts its clock, and nothing else does",
    "messages": "any data message restarts its clock",
}

IN_MILLISECONDS = 1000
"""From how many seconds on a number is likely one of milliseconds."""

BEATS = {
    "ping": "A server counts the time until its next ping from the one before.",
    "pong": "A server counts the time until its next ping from the pong to the one before.",
    "received": "A server counts the time until its next ping from the last message that came.",
    "sent": "A server counts the time until its next ping from the last message that it sent.",
    "free": "A server pings when it likes.",
}


def understood(dialect: Dialect, timing: spec.Timing, width: int) -> Iterator[str]:
    """What a dialect says, in lines of at most `width` cells."""
    yield f"{dialect.shown}" + (f" ({dialect.source})" if dialect.source else "")
    yield ""
    for sentence in _sentences(dialect, timing):
        yield from _item(printable(sentence), width)


def _sentences(dialect: Dialect, timing: spec.Timing) -> Iterator[str]:
    if dialect.subprotocols:
        yield f"The client offers the subprotocols {', '.join(dialect.subprotocols)}."
    for stage in dialect.prelude:
        manner = "may first say" if stage.optional else "first says"
        form = stage.form.said if stage.by == "client" else stage.form.heard
        yield f"{SIDES[stage.by].capitalize()} {manner} {form.text}."
    if dialect.prelude:
        yield "That is the prelude: heartbeats count from its end on."
    yield f"A ping of {SIDES[dialect.ping_by]} is {_form(dialect.ping)}."
    if dialect.rising:
        yield "Its ${id} rises over all that the client says on a connection."
    if dialect.batches:
        yield "An array of messages stands for these messages."
    if dialect.pong is None:
        yield "Pings are not answered."
    else:
        copied = " and ".join(f"${{{name}}}" for name in dialect.copied)
        same = f", with the same {copied} as the ping" if copied else ""
        yield f"A pong is {_form(dialect.pong)}{same}."
    if dialect.copied:
        yield f"Pongs come {'in any order' if dialect.by_id else 'in the order of their pings'}."
    due = f"; a pong is due within {timing.reply_deadline:g} s" if dialect.pong is not None else ""
    yield f"Pings are {timing.heartbeat_interval:g} s apart{due}."
    if dialect.server_pings:
        yield BEATS[dialect.server_next]
    if dialect.answers_beats:
        yield "wsbeat answers each ping of the server."
    if dialect.has_timeout:
        yield (
            f"A silent connection ends with {dialect.silent_end}, between "
            f"{timing.heartbeat_timeout:g} s and {timing.latest_close:g} s after the last sign of "
            f"life: {LIFE[dialect.alive]}."
        )
    else:
        yield "Silent connections are not ended."
    yield f"Other JSON gets {dialect.json}, text that is not JSON {dialect.not_json}, and a " + (
        f"binary message {dialect.binary}."
    )
    yield from _of_clients(dialect, timing)
    if not dialect.is_protocol and (assumed := assumed_in(dialect)):
        values = timing.to_json()
        told = ", ".join(f"{name} = {values[name]:g}" for name in assumed)
        yield f"Not said, and taken for: {told}."


def _of_clients(dialect: Dialect, timing: spec.Timing) -> Iterator[str]:
    client = dialect.client
    if dialect.client_pings and not dialect.pings_freely:
        yield f"A client counts the time to its next ping from {COUNTED_FROM[client.next]}."
    if client.gives_up is not None and client.gives_up.any and dialect.states("pong_timeout"):
        yield (
            f"Without a pong for {timing.pong_timeout:g} s a client ends the connection with "
            f"{client.gives_up}."
        )
    if dialect.states("reconnect_delay"):
        latest = timing.reconnect_delay + timing.reconnect_jitter
        away = f", but stays away after {client.stays_away}" if client.stays_away.any else ""
        if client.may_stay_away.any:
            away += f", and need not come back after {client.may_stay_away}"
        yield (
            f"A client comes back {timing.reconnect_delay:g} s to {latest:g} s after an end{away}."
        )
    elif client.stays_away.any:
        yield f"A client stays away after {client.stays_away}."
    if borne := [told for kind, told in BURDENS.items() if dialect.bears(kind)]:
        yield f"A client bears {', '.join(borne)}."


def _form(form: Form) -> str:
    if not form.heard.is_json:
        return f"the text {form.heard.text!r}, exactly"
    return f"JSON like {form.heard.text}" + (", or with further members" * form.heard.is_open)


def warnings(dialect: Dialect, timing: spec.Timing, width: int) -> Iterator[str]:
    """What is likely a slip, and what the protocol would not allow: other heartbeats live with it.

    Numbers that a dialect does not say follow from others, and are no slips; but for a tolerance in
    which a check that was skipped would hide, whether it is said or not.
    """
    for slip in _slips(dialect, timing):
        yield from _item(f"warning: {slip}.", width)
    for broken in spec.broken_rules(timing):
        name = broken.split()[0]
        hides = name == "tolerance" and dialect.states("check_interval")
        said = dialect.states(name) and name not in ("heartbeat_timeout", "tolerance")
        if said or (dialect.has_timeout and (dialect.states(name) or hides)):
            yield from _item(f"warning: in the protocol, {broken}.", width)


def _slips(dialect: Dialect, timing: spec.Timing) -> Iterator[str]:
    """What a file says that is seldom meant, and what to write instead."""
    said = dialect.document.get("timing", {})
    for name, value in said.items():
        if name != "interval_tolerance" and value >= IN_MILLISECONDS:
            yield (
                f"{name} is {value:g} s, which is {value / 3600:.1f} hours; expected seconds. If "
                f"it is in milliseconds, write {value / 1000:g}"
            )
    if timing.reply_deadline >= timing.heartbeat_interval and "reply_deadline" in said:
        yield (
            f"reply_deadline is {timing.reply_deadline:g} s, so that the next ping is due before "
            f"the pong to the last; expected less than heartbeat_interval, "
            f"{timing.heartbeat_interval:g} s"
        )
    if "heartbeat_timeout" in said and not dialect.has_timeout:
        yield (
            "heartbeat_timeout is there and no [timeout], so that silent connections are taken to "
            "stay open; expected a [timeout] with `close`, or the number left out"
        )
    if dialect.pong is not None and dialect.client_pings and not dialect.copied:
        lost = [name for name in dialect.pong.said.names if name in dialect.ping.said.names]
        if lost := [name for name in lost if name == NUMBER]:
            yield (
                f"pong.hear has no ${{{lost[0]}}}, so that a pong with the number of another ping "
                "is as good; expected it there as in pong.text, if it is copied"
            )


def requirement_lines(found: Sequence[InDialect], width: int) -> Iterator[str]:
    """What becomes of each requirement."""
    for each in found:
        because = f"does not apply, because: {each.told}" if each.state == "does not apply" else (
            f"{each.state}: {each.told}" if each.told else each.state
        )  # fmt: skip
        lines = wrapped(f"{each.requirement.id:<20}{because}", width - 2)
        for number, line in enumerate(lines):
            yield f"  {line}" if number == 0 else f"    {line}"


def _item(text: str, width: int) -> Iterator[str]:
    first, *others = wrapped(text, width - 4)
    yield f"  {first}"
    for line in others:
        yield f"    {line}"
