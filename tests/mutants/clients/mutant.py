"""A mutant: a client that breaks one sentence of the contract, named by how it does so."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import cleandoc
from typing import TypeAlias

import spec
from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.compliant import COMPLIANT
from tests.mutants.clients.tongue import ClientTongue

Change: TypeAlias = Callable[[Behaviour], Behaviour]


@dataclass(frozen=True)
class ClientMutant:
    """A client, and the requirement that it violates; none for the compliant one.

    ``also`` are further requirements that cannot but be violated with it, each with the reason.
    ``at_production`` are those that fail at one of the timings ``fast`` and ``production`` alone.
    """

    name: str
    requirement: str | None
    sentence: str
    change: Change
    also: Mapping[str, str]
    at_production: Mapping[str, str] = field(default_factory=dict)

    @property
    def behaviour(self) -> Behaviour:
        """What the client does."""
        return self.change(COMPLIANT)

    def behaviour_in(self, tongue: ClientTongue | None) -> Behaviour:
        """What the client does in another dialect, where its base may have other habits."""
        return self.change(COMPLIANT if tongue is None else tongue.habits(COMPLIANT))

    @property
    def declares(self) -> tuple[str, ...]:
        """The capabilities that are declared of it: those without which nobody asks it for that."""
        capability = (
            None if self.requirement is None else spec.requirement(self.requirement).capability
        )
        return () if capability is None else (capability,)


def mutant(
    requirement: str,
    also: Mapping[str, str] | None = None,
    *,
    at_production: Mapping[str, str] | None = None,
) -> Callable[[Change], ClientMutant]:
    """Make a function that changes a behaviour a mutant with the name of the function."""

    def made(change: Change) -> ClientMutant:
        sentence = cleandoc(change.__doc__ or "")
        return ClientMutant(
            change.__name__, requirement, sentence, change, also or {}, at_production or {}
        )

    return made


def mutants() -> tuple[ClientMutant, ...]:
    """Return all mutants, by the file they stand in and their place there."""
    from tests.mutants.clients import broken

    names = sorted(module.name for module in pkgutil.iter_modules(broken.__path__))
    modules = [import_module(f"{broken.__name__}.{name}") for name in names]
    return tuple(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, ClientMutant)
    )


def find(name: str) -> ClientMutant:
    """Return the mutant of that name, or the compliant client for ``compliant``.

    Raises ``KeyError`` for a name that there is not.
    """
    if name == "compliant":
        return ClientMutant(name, None, "Keeps every sentence of the contract.", _same, {})
    return {mutant.name: mutant for mutant in mutants()}[name]


def _same(behaviour: Behaviour) -> Behaviour:
    return behaviour
