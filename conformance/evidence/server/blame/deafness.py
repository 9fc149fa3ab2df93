"""Over which message a connection fell deaf: nothing is answered after it, and it stays open.

The task that reads a connection has died of a message, say, and nobody awaits that task. What came
before was answered; what is owed a reply afterwards gets none, and what follows that neither.

An example: a server answers a witness; then come a binary message, a witness, a ping and a witness.
It answers none of them and closes nothing. Witnesses are answered elsewhere, so it is no fault of
theirs: the connection fell deaf over the binary message.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from conformance.evidence.server.blame.suspicion import Said, is_owed, left_unanswered, said_by
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Business

UNHURRIED = 5
"""How many times as long as any reply may take is waited behind what may take its time."""


def deafened_by(
    connection: ObservedConnection,
    exchanges: Sequence[Exchange],
    harmless: Container[Said],
    *,
    was_timed_out: bool,
) -> tuple[Exchange, ...]:
    """The messages over one of which a connection fell deaf; none where it did not, or over none.

    It was asked for a reply twice since: otherwise it may have lost a single one. Who is busy with
    what may take its time is not deaf before it closed the connection for want of heartbeats, whose
    pings it had (`was_timed_out`), or was waited for a long while.
    """
    if (missed := _missed_first(exchanges)) is None:
        return ()
    later = [each for each in exchanges if each.stimulus.n > missed.stimulus.n]
    # Where nothing is owed to business, an application may answer it all the same.
    answered = {said_by(each) for each in exchanges if each.replies}
    asked_again = [
        each
        for each in later
        if (is_owed(each) or said_by(each) in answered) and not each.takes_its_time
    ]
    if not any(connection.has_outwaited(each.stimulus) for each in asked_again):
        return ()
    found = perhaps_deafened_by(connection, exchanges, harmless)
    waited = connection.watched_until - missed.stimulus.latest
    is_long = was_timed_out or waited >= UNHURRIED * connection.reply_patience
    return found if is_long or not any(each.takes_its_time for each in found) else ()


def perhaps_deafened_by(
    connection: ObservedConnection, exchanges: Sequence[Exchange], harmless: Container[Said]
) -> tuple[Exchange, ...]:
    """The same, where a single reply was asked for since, and did not come.

    A message that is owed a reply itself, and got none anywhere, is to blame for that alone. What
    is `harmless` was followed by answers elsewhere.
    """
    missed = _missed_first(exchanges)
    if missed is None or said_by(missed) not in harmless:
        return ()
    return tuple(
        each
        for each in left_unanswered(connection, missed.stimulus)
        if each.stimulus.n < missed.stimulus.n
        and not is_owed(each)
        and not (each.is_applications and isinstance(each.message, Business))
        and said_by(each) not in harmless
    )


def _missed_first(exchanges: Sequence[Exchange]) -> Exchange | None:
    return next((each for each in exchanges if each.waited_out and is_owed(each)), None)
