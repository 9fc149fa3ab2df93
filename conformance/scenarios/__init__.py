"""What to do to a target, one file per section of the contract.

A scenario is found by being defined in a module of a folder of this package; nothing else lists it.
No such module loads Hypothesis: of all processes only those need it that draw.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from conformance.scenarios.scenario import (
    ClientScenario,
    CrowdScenario,
    Kind,
    Scenario,
    ServerScenario,
)
from conformance.scenarios.step import Step
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

__all__ = [
    "Kind",
    "Scenario",
    "Step",
    "client_scenarios",
    "crowd_scenarios",
    "is_clocked",
    "is_meant_for",
    "scenarios",
    "server_scenarios",
    "what_is_done_in",
]


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, by the file they stand in and their place there."""
    found = pkgutil.walk_packages(__path__, f"{__name__}.")
    folders = tuple(
        f"{__name__}.{info.name}." for info in pkgutil.iter_modules(__path__) if info.ispkg
    )
    modules = [import_module(info.name) for info in found if info.name.startswith(folders)]
    return tuple(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Scenario)
    )


def server_scenarios(
    dialect: Dialect | None = None, *, echoes: bool = True
) -> tuple[ServerScenario, ...]:
    """Those for servers; in a dialect, those that have their sense there, as they are there.

    Where a server `echoes` nothing, pongs are told apart as in dialects whose pongs are all alike.
    """
    found = tuple(each for each in scenarios() if isinstance(each, ServerScenario))
    if dialect is None or dialect.is_protocol:
        return tuple(
            each for each in found if each.suits(protocol()) or (each.without_echo and not echoes)
        )
    spoken = (each.said_in(dialect) for each in found)
    return tuple(each for each in spoken if each is not None)


def client_scenarios(dialect: Dialect | None = None) -> tuple[ClientScenario, ...]:
    """Those for clients; in a dialect, those that have their sense there, as they are there."""
    found = tuple(each for each in scenarios() if isinstance(each, ClientScenario))
    if dialect is None or dialect.is_protocol:
        return tuple(each for each in found if each.suits(protocol()))
    spoken = (each.said_in(dialect) for each in found)
    return tuple(each for each in spoken if each is not None)


def crowd_scenarios() -> tuple[CrowdScenario, ...]:
    """What a crowd does to a server."""
    return tuple(each for each in scenarios() if isinstance(each, CrowdScenario))


@cache
def is_meant_for(name: str, requirement: str) -> bool:
    """Whether the scenario of that name is there to show a requirement."""
    return any(each.name == name and requirement in each.exercises for each in scenarios())


@cache
def is_clocked(name: str) -> bool:
    """Whether the scenario of that name waits for a clock, in a process with all others that do."""
    return any(each.name == name and each.kind == "clocked" for each in scenarios())


def what_is_done_in(name: str) -> str:
    """What is done in the scenario of that name, in a sentence; nothing where there is none."""
    docs = (each.doc for each in scenarios() if each.name == name)
    first, stop, _ = " ".join(next(docs, "").split()).partition(". ")
    return first + stop.strip()
