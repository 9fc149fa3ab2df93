"""What is done to the process of a server, and recorded: it is asked to end, its clock is set."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable

from conformance.targets.started import wall_clock
from conformance.targets.started.instance import Instance
from conformance.trace.event import WHOLE_TRACE
from conformance.wire.clock import Clock
from conformance.wire.ends.peer import Peer
from conformance.wire.recorder import Recorder


def ask_to_end(instance: Instance, recorder: Recorder, clock: Clock) -> None:
    """Ask a server to end, as an operator or a system does: with SIGTERM."""
    earliest = clock.now()
    os.kill(instance.pid, signal.SIGTERM)
    recorder.record(WHOLE_TRACE, earliest, clock.now(), "asked", content=signal.SIGTERM.name)


def set_wall_clock(instance: Instance, by: int, peers: Iterable[Peer], clock: Clock) -> None:
    """Set a server's wall clock, forward by so many seconds or back.

    It is recorded on those of its connections that are still open.
    """
    assert instance.wall_clock is not None
    earliest = clock.now()
    wall_clock.set_ahead(instance.wall_clock, wall_clock.is_ahead_by(instance.wall_clock) + by)
    latest = clock.now()
    for peer in peers:
        if peer.is_open:
            peer.recorder.record(peer.number, earliest, latest, "jumped", content=float(by))
