"""Connections that were kept open by what is none of theirs to say: answers to control Pings of the
server, or messages that it took for something else."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.evidence.server.silence import Silence
from conformance.messages.from_client import Ping
from conformance.messages.from_server import Pong
from conformance.trace.event import Event


def was_kept_by_answers(silence: Silence, others: Sequence[Silence]) -> bool:
    """Whether answers to control Pings kept a connection open: one that gave none was closed."""
    if not silence.too_late or silence.connection.talk_after(silence.since):
        return False
    return bool(answers_after(silence)) and any(
        other.was_in_time
        and not answers_after(other)
        and other.connection.ignored_control_pings(other.end)
        for other in others
    )


def answers_after(silence: Silence) -> list[Event]:
    """The control Pongs with which wsbeat answered the server after the clock's last restart."""
    answers = silence.connection.control_answers
    return [event for event in answers if silence.since.n < event.n < silence.end.n]


def was_mistaken(silence: Silence) -> bool:
    """Whether what was said after the last restart was treated as what restarts the clock is.

    It got a pong, or under Plan B nothing, and is charged to S-PING-FORM or S-ECHO (section 2.4).
    """
    plan_b = silence.connection.trace.capabilities.server_ping
    for exchange in silence.connection.exchanges:
        if exchange.stimulus.n <= silence.since.n or isinstance(exchange.message, Ping):
            continue
        ignored = exchange.fate == "silent" and not exchange.waited_out
        if (plan_b and exchange.owed == "echo" and ignored) or any(
            isinstance(reply.answer, Pong) for reply in exchange.replies
        ):
            return True
    return False
