"""What the browser around a page tells it: that its network is gone, that its tab is hidden."""

from __future__ import annotations

import spec
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    at_ease,
    briefly,
    comeback,
    first_ping,
    gaps,
    latest_comeback,
    returned,
    watched,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.listener import Listener


@played(
    "C-RECONNECT",
    "C-RECONNECT-SINGLE",
    "C-PING-FIRST",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + comeback(timing)
        + latest_comeback(timing)
        + first_ping(timing)
        + gaps(timing, 2)
    ),
    in_page=True,
)
async def loses_its_network_and_gets_it_back(listener: Listener, timing: spec.Timing) -> None:
    """Cuts a page off for longer than it waits before an attempt, and then lets it come back.

    The browser tells the page both times. One that tries again on a timer, and at once when it is
    told that it is online, must not do both. It loses every connection: in a network that is gone
    none lives on, not even one that the page began twice. Once it pings again it is told
    that it is online again, as after an absence so short that no connection died of it.
    """
    connection = await briefly(listener, timing)
    if connection is None:
        return
    listener.close_door()
    for each in listener.connections:
        each.part("reset")
    await listener.become("offline")
    await listener.until(listener.after(comeback(timing)))
    listener.open_door()
    await listener.become("online")
    back = await returned(listener, timing)
    if back is None:
        return
    await watched(listener, back, timing, 2)
    if not back.over:
        await listener.become("online")
        await watched(listener, back, timing, 1)


@played(
    "C-STAY",
    "C-PING-CADENCE",
    lasts=lambda timing: 2 * (first_ping(timing) + gaps(timing, 1)) + first_ping(timing),
    in_page=True,
)
async def is_hidden_and_shown_again(listener: Listener, timing: spec.Timing) -> None:
    """Tells a page that its tab is hidden, and after two pings that it is to be seen again.

    It keeps its connection, with one timer: neither state is a reason for another.
    """
    connection = await at_ease(listener, timing, 1)
    for state in ("hidden", "visible"):
        if connection is None or connection.over:
            return
        await listener.become(state)
        await watched(listener, connection, timing, 2)
