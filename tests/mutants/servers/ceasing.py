"""Servers that cease to close silent connections at some time, for no reason that anybody gives."""

import math
from dataclasses import replace

from spec import Timing
from tests.mutants.behaviour import Behaviour, Close, Conversation, Reaction, now
from tests.mutants.compliant import REASON, deadline
from tests.mutants.mutant import mutant

FEW, MANY = 60, 100
"""After how many closes: after the first look at most connections, and after some resets."""

OFTEN = 0.9
"""How often a server looks at all of its connections, as a part of `check_interval`."""


@mutant("S-TIMEOUT-LATEST")
def closes_nobody_after_some_closes(server: Behaviour) -> Behaviour:
    """Looks at all connections together, and ceases for good in the middle of that."""
    closed, looks = [0], Looks()
    return replace(
        server,
        deadline=lambda talk: looks.next_after(talk) if closed[0] < FEW else None,
        timeout=lambda _: _counted(closed, FEW),
    )


@mutant("S-TIMEOUT-LATEST")
def stops_the_clocks_after_many_closes(server: Behaviour) -> Behaviour:
    """Has a clock for each connection, and stops them all after a hundred closes."""
    closed = [0]
    return replace(
        server,
        deadline=lambda talk: deadline(talk) if closed[0] < MANY else None,
        timeout=lambda _: _counted(closed, MANY),
    )


class Looks:
    """When a server looks at all of its connections together, from the first on."""

    def __init__(self) -> None:
        self.begun = -math.inf

    def next_after(self, talk: Conversation) -> float:
        """The first time at which a connection is found to be silent for too long."""
        timing: Timing = talk.timing
        if self.begun == -math.inf:
            self.begun = now()
        every = OFTEN * timing.check_interval
        waited = talk.alive + timing.heartbeat_timeout - self.begun
        return self.begun + math.ceil(waited / every) * every


def _counted(closed: list[int], most: int) -> Reaction:
    if closed[0] >= most:
        return []
    closed[0] += 1
    return [Close(1000, REASON)]
