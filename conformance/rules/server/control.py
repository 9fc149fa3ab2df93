"""Rules on control frames (protocol.md: control frames; RFC 6455, section 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from websockets.frames import CloseCode

from conformance.evidence.interval import seconds, starved
from conformance.evidence.server.blame.stall import was_given_up
from conformance.evidence.server.blame.suspicion import is_owed, left_unanswered
from conformance.evidence.server.departure import was_too_large
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import may_end
from conformance.rules.ends import ran_out
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.rule import rule
from conformance.rules.server.findings.leaving import SOON_AFTER
from conformance.trace.event import RESOLUTION, Close, Ended, Event

STALLED = frozenset({"S-REPLY-SOON"})
"""What explains as well that a control frame is not answered: a server answers nothing for long."""


NO_FRAMES = frozenset({"S-VALID-OUTPUT"})
"""What explains as well that wsbeat cannot read on: a reply was still to come."""


@rule("S-CONTROL")
def control_frames_are_answered_in_kind(evidence: Evidence) -> Iterator[Observation]:
    """A control Ping gets a control Pong with its payload, a client's Close one with its code.

    Of several Pings in flight the last must be answered. An empty Close may be answered with 1000.
    Both are due within `reply_deadline` and `tolerance`. A Close of the server's own may cross: for
    a silence that lasted long enough, for a message, or because it shuts down, which it does once.
    After a Close of the server comes no message and no other Close.
    """
    for connection in evidence.connections:
        yield from _pings(connection)
        yield from _close(connection, evidence)
        yield from _after_the_close(connection)


def _pings(connection: Connection) -> Iterator[Observation]:
    pings = [event for event in connection.idle_talk if event.opcode == "ping"]
    pongs = [e for e in connection.events if e.kind == "received" and e.opcode == "pong"]
    payloads = {ping.content for ping in pings}
    for ping in pings:
        later = [pong for pong in pongs if pong.n > ping.n]
        answer = next((pong for pong in later if pong.content == ping.content), None)
        if answer is not None:
            yield satisfied(ping, answer)
            continue
        wrong = [pong for pong in later if pong.content not in payloads]
        if ping is pings[-1] and (wrong or connection.has_outwaited(ping)):
            yield violated(
                "A control Ping was not answered with its payload.",
                ping,
                *wrong[:1],
                expected=f"a control Pong with the payload {ping.content!r}",
                actual=f"a control Pong with the payload {wrong[0].content!r}"
                if wrong
                else "nothing",
                provisional=not wrong,
                among=frozenset() if wrong or _went_on(connection, ping) else STALLED,
            )
        elif ping is pings[-1] and _was_awaited(ping, connection):
            yield undecidable(
                "A control Ping was not answered while the server waited for a processor: its Pong "
                "may have been on its way.",
                ping,
                among=STALLED,
            )


def _was_awaited(ping: Event, connection: Connection) -> bool:
    """Whether a Pong was awaited for as long as it may take, on a machine that is not busy."""
    until = ping.latest + connection.reply_patience
    return connection.watched_until >= until and connection.was_read(ping.earliest, until)


def _went_on(connection: Connection, ping: Event) -> bool:
    """Whether a message was answered that came after a control Ping."""
    return any(
        exchange.replies and exchange.stimulus.n > ping.n for exchange in connection.exchanges
    )


def _close(connection: Connection, evidence: Evidence) -> Iterator[Observation]:
    departure = connection.departure
    if departure is None or departure.event.kind != "sent" or departure.close is None:
        return
    if connection.trace.asked_to_end is not None:
        return  # A server that ends may have no time for it.
    sent, asked = departure.event, departure.close
    after = [event for event in connection.events if event.n > sent.n]
    answer = next((e for e in after if e.kind == "received" and e.opcode == "close"), None)
    if answer is not None and isinstance(answer.content, Close):
        given = answer.content
        if given.code == asked.code or (
            asked.code is None and given.code == CloseCode.NORMAL_CLOSURE
        ):
            yield satisfied(sent, answer)
        elif not _is_the_server_s_own(given, connection, sent):
            yield violated(
                "The Close of a client was answered with another code.",
                sent,
                answer,
                expected=str(Close(asked.code)),
                actual=str(given),
                among=_or_for_silence(answer, connection) | _or_with_another(sent, evidence),
            )
        return
    broken = next((event for event in after if event.kind == "broken"), None)
    if broken is not None and not was_too_large(broken):
        awaited = any(map(is_owed, left_unanswered(connection, sent)))
        yield violated(
            "The Close of a client was answered with what RFC 6455 does not allow.",
            sent,
            broken,
            expected=str(Close(asked.code)),
            actual=str(broken.content),
            among=NO_FRAMES if awaited else frozenset(),
        )
        return
    ended = next((event for event in after if event.kind == "ended"), None)
    if ended is not None and (
        _crossed(sent, ended, connection) or _may_have_crossed(sent, ended, evidence)
    ):
        return
    if ended is not None and isinstance(ended.content, Ended) and ended.content.how == "eof":
        # What comes before the end of a TCP connection is not lost, as it may be by a reset.
        yield violated(
            "The Close of a client was answered with the end of the TCP connection.",
            sent,
            ended,
            expected="a Close with the same code before that",
            actual="none",
            provisional=True,
            among=_or_for_silence(ended, connection),
        )
    elif evidence.is_slow or any(map(is_owed, left_unanswered(connection, sent))):
        return  # Its answer may be on its way, behind replies that come late (S-REPLY-SOON).
    elif ended is not None and ended.latest >= sent.latest + connection.reply_patience + starved(
        evidence.trace, sent, ended
    ):
        waited = seconds(ended.latest - sent.latest)
        yield violated(
            "The Close of a client was not answered.",
            sent,
            ended,
            expected=f"a Close with the same code within {seconds(connection.reply_patience)}",
            actual=f"none after {waited}",
            provisional=True,
            among=STALLED,
        )
    elif ended is not None and ended.latest >= sent.latest + connection.reply_patience:
        yield undecidable(
            "The Close of a client was not answered while the server waited for a processor: the "
            "answer may have been on its way.",
            sent,
            ended,
            among=STALLED,
        )


def _after_the_close(connection: Connection) -> Iterator[Observation]:
    closes = (e for e in connection.events if e.kind == "received" and e.opcode == "close")
    for close in closes:
        more = next((e for e in connection.events if e.kind == "broken" and e.n > close.n), None)
        if more is not None:
            yield violated(
                "The server sent more after its Close.",
                close,
                more,
                expected="no message and no other Close after a Close",
                actual=str(more.content),
            )


def _is_the_server_s_own(given: Close, connection: Connection, sent: Event) -> bool:
    """Whether a Close may have crossed the client's: for silence, or for a message.

    One with the reason of the heartbeat that no silence explains is for S-TIMEOUT-CODE.
    """
    dialect, restart = connection.trace.dialect, connection.last_restart_before(sent)
    if dialect.names_itself(given.code, given.reason):
        return True
    if was_given_up(connection, sent, given):
        return True
    limit = connection.timing.heartbeat_timeout - connection.reply_patience
    # Where nothing but its code says what it is for, the silence has to.
    was_silent = restart is not None and sent.latest - restart.earliest >= limit
    if dialect.reason is None and was_silent and dialect.ends.has(given.code):
        return True
    # What a server makes of a message that is its application's affair, may be to close.
    return any(
        exchange.is_applications or may_end(exchange.message, dialect, given, sent)
        for exchange in connection.exchanges
        if not exchange.replies
        and sent.earliest <= exchange.stimulus.latest + connection.reply_patience
    )


def _or_for_silence(end: Event, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if the clock ran out while the Close of a client lay unread."""
    return frozenset({"S-TIMEOUT-CODE"} if ran_out(connection, end) else ())


def _or_with_another(sent: Event, evidence: Evidence) -> frozenset[str]:
    """What was broken, rather, if this one ended with another that was closed just before."""
    closed = (end.event for _, end in evidence.departures() if end.close and end.event is not sent)
    is_beside = any(
        each.kind == "sent" and each.n < sent.n and sent.earliest - each.latest <= SOON_AFTER
        for each in closed
    )
    # Of the protocol's own servers it is told by their clocks, and what they do to others alone.
    is_open = is_beside and not evidence.trace.dialect.is_protocol
    return frozenset({"S-INDEPENDENT"} if is_open else ())


def _crossed(sent: Event, ended: Event, connection: Connection) -> bool:
    """Whether a Close crossed the end of a connection: the server ended others just then, too."""
    for number, events in connection.trace.by_connection.items():
        if number == connection.number or any(each.opcode == "close" for each in events):
            continue
        for each in events:
            by_server = isinstance(each.content, Ended) and each.content.how != "local"
            if by_server and abs(each.latest - ended.latest) <= RESOLUTION:
                return ended.earliest - sent.latest <= RESOLUTION
    return False


def _may_have_crossed(sent: Event, ended: Event, evidence: Evidence) -> bool:
    """Whether a connection may have been over when its Close was sent; others got their answer."""
    return ended.earliest <= sent.latest and any(
        _was_answered(each) for each in evidence.connections if each.number != sent.connection
    )


def _was_answered(connection: Connection) -> bool:
    """Whether a Close of wsbeat got one of the same code."""
    closes = [event for event in connection.events if event.opcode == "close"]
    codes = [each.content.code for each in closes if isinstance(each.content, Close)]
    return len(codes) > 1 and closes[0].kind == "sent" and codes[0] == codes[1]
