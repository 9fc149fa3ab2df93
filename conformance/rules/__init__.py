"""The requirements as pure functions, one file per section of the contract.

Every rule judges every trace: a scenario that was written to look at echoes also testifies on
close codes. A rule is found by being defined in a module of this package; nothing else lists it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

import spec

from ..client_evidence import ClientEvidence
from ..evidence import Evidence
from ..trace import Role, Trace
from .observation import Observation, Window
from .rule import Rule

__all__ = ["Observation", "Rule", "Window", "judge", "rules"]


@cache
def rules(role: Role | None = None) -> tuple[Rule, ...]:
    """All rules, or those on one role, in the order of the requirements in the contract."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = {
        (value.requirement, value.role): value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Rule) and role in (None, value.role)
    }
    order = [requirement.id for requirement in spec.requirements()]
    return tuple(sorted(found.values(), key=lambda each: order.index(each.requirement)))


@cache
def _binding(declared: frozenset[str]) -> frozenset[str]:
    """The IDs of the requirements on whoever has declared these capabilities."""
    return frozenset(each.id for each in spec.requirements() if each.binds(declared))


def judge(trace: Trace, by: Iterable[Rule] | None = None) -> Iterator[tuple[str, Observation]]:
    """Ask the rules on a trace's role: each observation with the ID of its requirement.

    A requirement that does not bind who declares these capabilities is not asked about.
    """
    evidence = Evidence(trace) if trace.role == "server" else ClientEvidence(trace)
    binding = _binding(trace.capabilities.declared)
    for rule in rules(trace.role) if by is None else by:
        if rule.role != trace.role or rule.requirement not in binding:
            continue
        for observation in rule.judge(evidence):
            yield rule.requirement, observation
