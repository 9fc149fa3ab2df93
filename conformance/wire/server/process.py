"""What is done to the process of a server, and recorded: it is asked to end, its clock is set."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.targets.started.instance import Instance
from conformance.trace.event import WHOLE_TRACE
from conformance.wire.clock import Clock
from conformance.wire.ends.peer import Peer
from conformance.wire.recorder import Recorder


def ask_to_end(instance: Instance, recorder: Recorder, clock: Clock) -> None:
    """Ask a server to end, as an operator or a system does."""
    earliest = clock.now()
    how = instance.ask_to_end()
    recorder.record(WHOLE_TRACE, earliest, clock.now(), "asked", content=how)


def set_wall_clock(instance: Instance, by: int, peers: Iterable[Peer], clock: Clock) -> None:
    """Set a server's wall clock, forward by so many seconds or back.

    It is recorded on those of its connections that are still open.
    """
    earliest = clock.now()
    instance.set_wall_clock(by)
    latest = clock.now()
    for peer in peers:
        if peer.is_open:
            peer.recorder.record(peer.number, earliest, latest, "jumped", content=float(by))


def had_its_wall_clock_set(by: int, peer: Peer, clock: Clock) -> None:
    """Record on a connection that the wall clock of its server was set before it came about.

    What such a server has put off until some time of day may still be put off.
    """
    now = clock.now()
    peer.recorder.record(peer.number, now, now, "jumped", content=float(by))
