"""Rules on what lies beyond what must be understood (protocol.md: JSON beyond I-JSON)."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Connection, Evidence
from ..exchanges import Exchange
from ..messages import BeyondIJson, Echo
from .observation import Observation, satisfied, violated
from .rule import rule
from .wording import answered_with, shown_by

REFUSED = (1007, 1008)


@rule("S-BEYOND-IJSON")
def json_beyond_i_json_does_no_harm(evidence: Evidence) -> Iterator[Observation]:
    """JSON text outside I-JSON is echoed, whatever the data, or ignored, or refused with a Close.

    The Close is 1007 or 1008. A connection that is aborted, or closed with 1011, was hurt.
    """
    for connection, exchange in evidence.exchanges:
        if not isinstance(exchange.message, BeyondIJson) or exchange.fate == "open":
            continue
        echoed = all(isinstance(reply.answer, Echo) for reply in exchange.replies)
        if exchange.fate == "ended" and not _was_refused(connection, exchange):
            yield violated(
                "JSON beyond I-JSON ended the connection.",
                *shown_by(exchange, connection),
                expected="any echo, nothing, or a Close 1007 or 1008",
                actual=answered_with(exchange, connection),
            )
        elif exchange.fate != "answered" or (echoed and len(exchange.replies) == 1):
            yield satisfied(*shown_by(exchange, connection))


def _was_refused(connection: Connection, exchange: Exchange) -> bool:
    departure = connection.departure
    if exchange.fate != "ended" or departure is None or departure.close is None:
        return False
    return departure.close.code in REFUSED
