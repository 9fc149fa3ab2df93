"""What a client meets with on a connection that the harness accepted."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from tests.traces.notation import FAST

End: TypeAlias = Literal["close", "eof", "reset", "ask", "watch"]
DROPS: tuple[End, ...] = ("close", "eof", "reset")


@dataclass(slots=True)
class Treatment:
    """What the harness does on one connection that it accepted.

    `life` is how long (seconds) it lasts; `slowness` how late pongs are, `unanswered` the pings
    without one, `mute` whether a Close is not answered, `says` how much else is said.
    """

    name: str
    life: float
    end: End = "close"
    slowness: float = 0.0
    unanswered: range = range(0)
    mute: bool = False
    says: int = 0
    limiter: bool = False


def drawn(random: Random, number: int) -> Treatment:
    """One for the `number`th attempt; only a later one may be the last."""
    gap = FAST.heartbeat_interval
    some = random.uniform(0.05, 4.5) * gap
    ends = random.choice(DROPS)
    match random.randrange(9):
        case 0:
            return Treatment("cut short", random.random() * 0.1, ends)
        case 1:
            slowness = random.choice([0.3, 0.7]) * FAST.pong_timeout
            return Treatment("slowly answered", some, ends, slowness=slowness)
        case 2 | 3:
            lost = range(random.randrange(3), 9)
            mute = random.random() < 0.5
            return Treatment("unanswered", 5 * gap, ends, unanswered=lost, mute=mute)
        case 4:
            return Treatment("talked to", some, ends, says=random.randint(1, 9))
        case 5:
            return Treatment("behind a door", some, ends, limiter=True)
        case 6 if number > 1:
            return Treatment("told to end", some, "ask")
        case 7 if number > 1:
            return Treatment("watched", some, "watch")
    return Treatment("kept", some, ends)
