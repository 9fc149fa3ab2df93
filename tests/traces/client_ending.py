"""How a connection of a client ends, and when its TCP connection is over."""

from __future__ import annotations

from conformance.trace.event import Close, Ended
from tests.traces.client_record import DELAY, SOON, Record
from tests.traces.client_treatment import Treatment
from tests.traces.notation import FAST

HESITATION = 0.1
"""How late a client may do what it has to; less than `tolerance`, in seconds."""
CODES = (
    *(Close(1000, "heartbeat timeout"), Close(1000), Close(1001), Close(1011), Close(1012)),
    *(Close(4321, "x"), Close(None)),
)


def given_up_at(record: Record, at: float, ends: float, treated: Treatment) -> float:
    """The client's Close because no pong came; returns when TCP was over."""
    seen = record.read(at + record.net())
    close = Close(record.random.choice([4000, 4408, 4999]), "pong timeout")
    if seen[1] >= ends and treated.end in ("eof", "reset"):  # dropped unread
        record.add(ends, ends, "ended", content=Ended("local", treated.end))
        return ends
    if seen[1] >= ends:  # the harness had ended it by then, and hears of this too late
        record.add(ends, ends, "sent", "close", Close(1000))
    record.made.rounds[record.number] = "given up"
    record.add(seen[1], seen[0], "received", "close", close, latest=seen[1])
    gone = seen[1] + SOON
    if treated.mute:
        gone = record.awake(seen[1] + 2.0)
    elif seen[1] < ends:
        record.add(gone - SOON / 2, gone - SOON / 2, "sent", "close", close)
    record.add(gone, gone, "ended", content=Ended("local"))
    return gone


def ended_at(record: Record, ends: float, lost: float, treated: Treatment) -> float:
    """The harness ends the connection; returns when TCP was over."""
    if treated.end != "close":
        record.add(ends, ends, "ended", content=Ended("local", treated.end))
        return ends
    close = record.random.choice(CODES)
    record.add(ends, ends, "sent", "close", close)
    seen = record.read(lost + record.net())
    if seen[1] > ends:
        record.add(seen[1], seen[0], "received", "close", close, latest=seen[1])
    gone = max(ends, seen[1]) + SOON
    record.add(gone, gone, "ended", content=Ended(record.random.choice(["local", "eof"])))
    return gone


def told_to_end(record: Record, asked: float) -> float:
    """The client is asked to end, and does; returns when it has said so."""
    record.tell(asked, "asked", record.random.choice(["SIGTERM", "SIGINT", "page closed"]))
    seen = record.read(asked + SOON + record.random.random() * HESITATION)
    close = record.random.choice([Close(1000), Close(1001, "bye"), Close(None)])
    record.add(seen[1], max(seen[0], asked), "received", "close", close, latest=seen[1])
    after = seen[1] + SOON
    record.add(after, after, "sent", "close", close)
    record.add(after + SOON, after + SOON, "ended", content=Ended("eof"))
    if record.random.random() < 0.7:
        record.tell(after + record.random.random(), "exited", "exit code 0")
    else:
        stillness = FAST.heartbeat_interval + FAST.reconnect_delay + FAST.reconnect_jitter
        record.tell(after + stillness + FAST.tolerance, "silent")
    return after


def watched(record: Record, until: float) -> float:
    """The scenario ends here: up to now nothing else came."""
    record.add(until + DELAY, until, "silent")
    record.tell(until + DELAY, "silent", since=until)
    return until
