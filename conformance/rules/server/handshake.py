"""Rules on the opening handshake."""

from __future__ import annotations

from collections.abc import Iterator

from websockets.frames import CloseCode

from conformance.evidence.refusal import asked_for, was_kept_from
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.messages.limits import UNKNOWN_SUBPROTOCOLS
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.rule import rule
from conformance.trace.event import (
    CUT_OFF,
    GRAIN,
    NO_ANSWER,
    NO_PRELUDE,
    NO_TCP,
    OVERLOADED,
    Close,
    Event,
    Kind,
    Refusal,
)

SHOWN: tuple[Kind, ...] = ("opened", "said_first", "heard_first", "received", "refused")
"""What is shown of a connection whose prelude did not come about."""


@rule(
    "S-ACCEPT",
    not_applicable_when={
        "offers subprotocols": "It is about clients that offer no subprotocol; this one does.",
        "subprotocols left open": "The dialect says nothing of other subprotocols.",
    },
)
def accepts_a_client_and_selects_no_subprotocol(evidence: Evidence) -> Iterator[Observation]:
    """Every handshake is answered with 101 and no `Sec-WebSocket-Protocol`.

    wsbeat offers no subprotocol, or some that no server can know; where it was told to offer
    others, what comes of that says nothing. 429 and 503 are a server's right when it is full, as is
    a Close 1013 in place of any answer, and there may be many reasons for no answer; unless others
    get one meanwhile: one that asks after it and offers none either, or one that offers none where
    this one offers some. A refusal after connections were reset is for S-SURVIVE. One that offers
    none is refused too if it is closed before it says anything, and one that offers some is served.
    What is answered before its end was read in part, as by a server that reads once.

    In a dialect that has a prelude, a client is accepted when that has come about.
    """
    if evidence.trace.dialect.prelude:
        yield from _preludes(evidence)
        return
    welcome = any(
        each.opened is not None and not each.offered and not _was_full(each)
        for each in evidence.connections
    )
    cuts = [each.was_cut.n for each in evidence.connections if each.was_cut is not None]
    served = any(each.offered and each.received for each in evidence.connections)
    for connection in evidence.connections:
        if connection.offered - UNKNOWN_SUBPROTOCOLS or _was_full(connection):
            continue
        if served and not connection.offered and (closed := _turned_away(connection)) is not None:
            yield violated(
                "The server closed the connection of a client that offers no subprotocol.",
                *connection.events[:2],
                closed.event,
                expected="an open connection, as for a client that offers one",
                actual=str(closed),
            )
            continue
        for event in connection.events:
            if event.kind not in ("opened", "refused"):
                continue
            if event.kind == "opened" and event.latest + GRAIN < connection.events[0].latest:
                yield violated(
                    "The server answered a handshake of which the rest was still to come.",
                    *connection.events[:2],
                    expected="a 101 once the request has ended with an empty line",
                    actual="a 101 to the first TCP segment of the request",
                )
            elif event.kind == "opened" and event.content is None:
                yield satisfied(event)
            elif event.kind == "opened":
                yield violated(
                    "The server selected a subprotocol that it cannot know.",
                    *connection.events[:2],
                    expected="a 101 without Sec-WebSocket-Protocol",
                    actual=f"a 101 with Sec-WebSocket-Protocol: {event.content!s}",
                )
            elif (
                isinstance(event.content, Refusal)
                and welcome
                and connection.offered
                and not was_kept_from(evidence.trace, connection.events[0], event)
            ):
                yield violated(
                    "The server refused a client for a subprotocol that it does not know.",
                    *connection.events[:2],
                    expected="a 101 without Sec-WebSocket-Protocol, as for a client without one",
                    actual=event.content.detail,
                    provisional=True,
                )
            elif not any(cut < connection.events[0].n for cut in cuts):
                yield from _refusals(event, connection, evidence, is_usual=not connection.offered)


def _refusals(
    event: Event, connection: Connection, evidence: Evidence, *, is_usual: bool
) -> Iterator[Observation]:
    """Judge an event that may be the refusal of a client.

    One that `is_usual` asked for what the others asked for, which were answered.
    """
    if not isinstance(event.content, Refusal):
        return
    if is_usual and _was_passed_over(event, connection, evidence):
        yield violated(
            "The server did not answer a handshake, and answered others meanwhile.",
            *connection.events[:2],
            expected="a 101, as for the others",
            actual=event.content.detail,
            provisional=True,
        )
    elif event.content.status not in (None, *OVERLOADED):
        manner = connection.events[0].manner
        asks = f"asks {manner}" if manner else "asks for nothing special"
        yield violated(
            f"The server refused the handshake of a client that {asks}.",
            *connection.events[:2],
            expected="a 101",
            actual=event.content.detail,
        )


def _preludes(evidence: Evidence) -> Iterator[Observation]:
    """Whether the prelude came about on the connections that were asked for before any reset."""
    cuts = [each.was_cut.n for each in evidence.connections if each.was_cut is not None]
    for connection in evidence.connections:
        if connection.opened is not None:
            yield satisfied(connection.opened)
            continue
        refused = next((e for e in connection.events if isinstance(e.content, Refusal)), None)
        if refused is None or any(cut < connection.events[0].n for cut in cuts):
            continue
        assert isinstance(refused.content, Refusal)
        opened = next((e for e in connection.events if e.kind == "opened"), None)
        if opened is None:
            yield from _refusals(refused, connection, evidence, is_usual=True)
            continue
        is_full = any(
            isinstance(each.content, Close) and each.content.code == CloseCode.TRY_AGAIN_LATER
            for each in connection.events
        )
        if is_full or was_kept_from(evidence.trace, opened, refused):
            continue
        yield violated(
            "The prelude of a connection did not come about.",
            *(each for each in connection.events if each.kind in SHOWN),
            expected=f"a prelude, to its end: {evidence.trace.dialect.prelude[-1].form.said.text}",
            actual=refused.content.detail.removeprefix(NO_PRELUDE).strip(),
            provisional=True,
        )


def _was_passed_over(refused: Event, connection: Connection, evidence: Evidence) -> bool:
    """Whether a client got no answer at all, while others asked after it and got one.

    Of one that had no TCP connection it is known only that it waited: this is about the time in
    which an answer may come.
    """
    trace, refusal, first = evidence.trace, refused.content, connection.events[0]
    if not isinstance(refusal, Refusal):
        return False
    if not refusal.detail.startswith((NO_TCP, NO_ANSWER, CUT_OFF)):
        return False
    asked, tolerance = asked_for(first, refused, trace), evidence.timing.tolerance
    if trace.lateness + trace.starved_between(asked.latest, refused.latest) > tolerance:
        return False
    since = first.latest if asked is first else refused.earliest - connection.reply_patience
    return any(
        other.opened is not None
        and other.offered == connection.offered
        and other.events[0].earliest >= since
        and other.opened.latest <= refused.latest
        for other in evidence.connections
        if other is not connection
    )


def _was_full(connection: Connection) -> bool:
    """Whether the server took a client in only to say that it is full."""
    return connection.departure is not None and connection.departure.cause == "full"


def _turned_away(connection: Connection) -> Departure | None:
    """How the server ended a connection on which nothing was said, before it was due."""
    departure = connection.departure
    if connection.sent or departure is None or departure.cause not in ("unexplained", "shutdown"):
        return None
    return departure if departure.close is not None else None
