"""What a peer in virtual time leaves to chance, such as a delay: the same in each run.

Clients that live side by side draw in an order that a microsecond decides. So each life has numbers
of its own, by the seed of the run and the scenario: what it draws depends on nobody else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any

OWN: ContextVar[random.Random | None] = ContextVar("OWN", default=None)
"""Where a life draws from that has numbers of its own."""


def life(seed: int, scenario: str) -> Context:
    """The context of a life that draws for itself, where `chance` says so."""
    context = Context()
    context.run(OWN.set, random.Random(f"{seed} {scenario}"))
    return context


@contextmanager
def chance(seed: int) -> Iterator[None]:
    """Let the numbers of `random` begin anew as long as the block lasts, and be each life's own.

    Its functions are methods of one generator, and draw by two of them. Who took `random.random`
    itself out of the module before draws from what all have in common.
    """
    shared: Any = random.uniform.__self__  # type: ignore[attr-defined]
    before, numbers, bits = random.getstate(), shared.random, shared.getrandbits

    def drawn() -> float:
        own = OWN.get()
        found: float = numbers() if own is None else own.random()
        return found

    def drawn_bits(k: int) -> int:
        own = OWN.get()
        found: int = bits(k) if own is None else own.getrandbits(k)
        return found

    random.seed(seed)
    shared.random, shared.getrandbits = drawn, drawn_bits
    random.random, random.getrandbits = drawn, drawn_bits
    try:
        yield
    finally:
        random.random, random.getrandbits = numbers, bits
        del shared.random, shared.getrandbits
        random.setstate(before)
