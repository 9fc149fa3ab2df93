"""A mutant: a server that breaks one sentence of the contract, named by how it does so."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import cleandoc
from typing import Literal, TypeAlias

import spec
from tests.mutants.behaviour import Behaviour
from tests.mutants.compliant import COMPLIANT
from tests.mutants.tongue import Tongue

Change: TypeAlias = Callable[[Behaviour], Behaviour]

Manner: TypeAlias = Literal["queue", "no echo"]
"""Another way to be a server: it answers from a queue, or business is not echoed at all."""


@dataclass(frozen=True)
class Mutant:
    """A server, and the requirement that it violates; none for the compliant one.

    ``also`` are further requirements that cannot but be violated with it, each with the reason.
    ``at_production`` are those that fail at one of the timings ``fast`` and ``production`` alone,
    each with the reason. ``declares`` are the capabilities that it is run with, and that are
    declared of it; ``places``, how many connections it is said to have room for. It is run in each
    of the ``manners`` besides, and has to be killed by the same requirement there.
    """

    name: str
    requirement: str | None
    sentence: str
    change: Change
    also: Mapping[str, str]
    declares: tuple[str, ...] = ()
    manners: tuple[Manner, ...] = ()
    at_production: Mapping[str, str] = field(default_factory=dict)
    places: int | None = None

    @property
    def behaviour(self) -> Behaviour:
        """What the server does."""
        return self.change(COMPLIANT)

    def behaviour_in(self, tongue: Tongue | None) -> Behaviour:
        """What the server does in another dialect, where its base may have other habits."""
        return self.change(COMPLIANT if tongue is None else tongue.habits(COMPLIANT))


def mutant(
    requirement: str,
    also: Mapping[str, str] | None = None,
    *,
    declares: str | None = None,
    manners: tuple[Manner, ...] = (),
    at_production: Mapping[str, str] | None = None,
    places: int | None = None,
) -> Callable[[Change], Mutant]:
    """Make a function that changes a behaviour a mutant with the name of the function.

    It declares the capability of its requirement, and the one that is named.
    """
    wanted = {spec.requirement(requirement).capability, declares} - {None, "echo"}

    def made(change: Change) -> Mutant:
        sentence, declared = cleandoc(change.__doc__ or ""), tuple(sorted(filter(None, wanted)))
        return Mutant(
            change.__name__, requirement, sentence, change, also or {}, declared, manners,
            at_production or {}, places,
        )  # fmt: skip

    return made


def mutants() -> tuple[Mutant, ...]:
    """Return all mutants, by the file they stand in and their place there."""
    from tests.mutants import servers

    names = sorted(module.name for module in pkgutil.iter_modules(servers.__path__))
    modules = [import_module(f"{servers.__name__}.{name}") for name in names]
    return tuple(
        value for module in modules for value in vars(module).values() if isinstance(value, Mutant)
    )


def find(name: str) -> Mutant:
    """Return the mutant of that name, or the compliant server for ``compliant``.

    Raises ``KeyError`` for a name that there is not.
    """
    if name == "compliant":
        return Mutant(name, None, "Keeps every sentence of the contract.", lambda same: same, {})
    return {mutant.name: mutant for mutant in mutants()}[name]
