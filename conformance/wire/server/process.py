"""What is done to the process of a server, and recorded: it is asked to end, its clock is set."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.targets.started.instance import Instance
from conformance.trace.event import WHOLE_TRACE, Event
from conformance.wire.clock import Clock
from conformance.wire.ends.peer import Peer
from conformance.wire.recorder import Recorder


def ask_to_end(instance: Instance, recorder: Recorder, clock: Clock) -> None:
    """Ask a server to end, as an operator or a system does."""
    earliest = clock.now()
    how = instance.ask_to_end()
    recorder.record(WHOLE_TRACE, earliest, clock.now(), "asked", content=how)


def set_wall_clock(
    instance: Instance, by: int, peers: Iterable[Peer], recorder: Recorder, clock: Clock
) -> Event:
    """Set a server's wall clock, forward by so many seconds or back; returns what is recorded.

    That is recorded on those of its connections that are still open, and for the whole trace:
    whatever the server does from then on may come of it.
    """
    earliest = clock.now()
    instance.set_wall_clock(by)
    latest = clock.now()
    for peer in peers:
        if peer.is_open:
            peer.recorder.record(peer.number, earliest, latest, "jumped", content=float(by))
    return recorder.record(WHOLE_TRACE, earliest, latest, "jumped", content=float(by))


def had_its_wall_clock_set(by: int, recorder: Recorder, clock: Clock) -> Event:
    """Record that a server's wall clock was set before; returns what is recorded.

    What such a server has put off until some time of day may still be put off.
    """
    now = clock.now()
    return recorder.record(WHOLE_TRACE, now, now, "jumped", content=float(by))


def tell_wall_clock(instance: Instance, recorder: Recorder, clock: Clock) -> None:
    """Record by how much a server's wall clock was set before anything was said to it."""
    if by := instance.ahead:
        had_its_wall_clock_set(by, recorder, clock)
