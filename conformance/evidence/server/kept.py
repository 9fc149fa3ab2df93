"""Connections that were kept open by answers to the server's own control Pings."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.evidence.server.silence import Silence
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
