"""What is left to chance in virtual time is the same in each run, and each life's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from random import choice, randint, uniform

from conformance.run.within.chance import chance, life

DRAWS: tuple[Callable[[], object], ...] = (
    lambda: uniform(3.0, 6.0),
    lambda: randint(1, 10**9),
    lambda: choice("abcdefgh"),
    lambda: random.random(),  # noqa: PLW0108 - it is another where it is called
)


def drawn(order: str) -> dict[str, list[object]]:
    """What lives draw that take turns: each draws all there is, in so many turns."""
    lives = {name: life(7, name) for name in set(order)}
    found: dict[str, list[object]] = {name: [] for name in lives}
    with chance(7):
        for name in order:
            draw = DRAWS[len(found[name]) % len(DRAWS)]
            found[name].append(lives[name].run(draw))
    return found


def test_each_life_draws_the_same_in_whatever_order_they_take_turns() -> None:
    assert drawn("aaaabbbb") == drawn("abababab") == drawn("bbbbaaaa")
    assert drawn("aaaabbbb")["a"] != drawn("aaaabbbb")["b"]


def test_what_is_no_life_draws_by_the_seed_and_disturbs_none() -> None:
    with chance(7):
        alone = [draw() for draw in DRAWS]
    with chance(7):
        beside = []
        for draw in DRAWS:
            life(7, "a").run(random.random)
            beside.append(draw())
    with chance(8):
        other = [draw() for draw in DRAWS]
    assert alone == beside != other


def test_afterwards_all_is_as_it_was() -> None:
    before, functions = random.getstate(), (random.random, random.getrandbits)
    drawn("ab")
    assert random.getstate() == before
    assert (random.random, random.getrandbits) == functions
    assert life(7, "a").run(random.random) != life(7, "a").run(random.random)
