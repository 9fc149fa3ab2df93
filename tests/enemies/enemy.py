"""An enemy: a server that does one hostile or broken thing, named by what it does."""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import cleandoc
from typing import TypeAlias

from tests.enemies.visitor import Visitor

Deed: TypeAlias = Callable[[Visitor], Awaitable[None]]
"""What is done to one visitor; when it returns, the connection is closed."""


@dataclass(frozen=True)
class Enemy:
    """A server by its deed; `options` are what wsbeat is given besides.

    `answers` says whether it gives any proper answer: if not, no requirement on answers may pass.
    `clock` says whether what it does to silent connections may tell anything that others of its
    kind do not: if not, what takes the time of the server's clock is left out of the run on it.
    """

    name: str
    sentence: str
    deed: Deed
    options: tuple[str, ...] = ()
    answers: bool = True
    clock: bool = True


def enemy(*options: str, answers: bool = True, clock: bool = True) -> Callable[[Deed], Enemy]:
    """Make a function an enemy with its name; `options` are for the command line of wsbeat."""

    def made(deed: Deed) -> Enemy:
        name = getattr(deed, "__name__", "").replace("_", " ")
        return Enemy(name, cleandoc(deed.__doc__ or ""), deed, options, answers, clock)

    return made


def enemies() -> dict[str, Enemy]:
    """All enemies by their names, in the order of the files they stand in and their place there."""
    from tests.enemies import servers

    names = sorted(module.name for module in pkgutil.iter_modules(servers.__path__))
    modules = [import_module(f"{servers.__name__}.{name}") for name in names]
    found = [each for module in modules for each in vars(module).values()]
    return {each.name: each for each in found if isinstance(each, Enemy)}
