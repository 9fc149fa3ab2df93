"""The timing that a dialect describes, and what of the protocol's rules on numbers it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import spec
from spec.dialect.dialect import Dialect


def timing_of(dialect: Dialect) -> spec.Timing:
    """The timing set of a dialect; what it does not say follows from what it says."""
    said: Mapping[str, Any] = dialect.document.get("timing", {})
    interval = said.get("heartbeat_interval", 30)
    deadline = said.get("reply_deadline", 1)
    delay, jitter = said.get("reconnect_delay", 0), said.get("reconnect_jitter", 2)
    defaults = {
        "heartbeat_interval": interval,
        # Of a dialect without a time-out nothing is judged by these two.
        "heartbeat_timeout": 2.5 * interval,
        "check_interval": interval,
        "reconnect_delay": delay,
        "reconnect_jitter": jitter,
        "reconnect_cap": max(30, delay + jitter),
        "reply_deadline": deadline,
        "pong_timeout": max(deadline, interval * 2 / 3),
        "interval_tolerance": 0.1,
        "tolerance": 1,
    }
    return spec.load_timing({"name": dialect.name, **defaults, **said}, is_lenient=True)


def assumed_in(dialect: Dialect) -> tuple[str, ...]:
    """The parameters that a dialect does not say."""
    said = dialect.document.get("timing", {})
    return tuple(name for name in timing_of(dialect).to_json() if name not in (*said, "name"))
