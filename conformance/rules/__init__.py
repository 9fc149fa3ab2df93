"""The requirements as pure functions, one file per section of the contract.

Every rule judges every trace: a scenario that was written to look at echoes also testifies on
close codes. A rule is found by being defined in a module of this package; nothing else lists it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module

import spec
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.server.departure import SHUTDOWN_CODES
from conformance.evidence.server.evidence import Evidence
from conformance.rules.circumstances import binds, left_out_by
from conformance.rules.observation import Observation, Window
from conformance.rules.rule import Rule
from conformance.trace.event import Close
from conformance.trace.trace import Capabilities, Role, Trace
from spec.dialect.dialect import Dialect

__all__ = ["Observation", "Rule", "Window", "judge", "judged", "rules"]


@cache
def rules(role: Role | None = None) -> tuple[Rule, ...]:
    """All rules, or those on one role, in the order of the requirements in the contract."""
    modules = [import_module(info.name) for info in pkgutil.walk_packages(__path__, f"{__name__}.")]
    found = {
        (value.requirement, value.role): value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Rule) and role in (None, value.role)
    }
    order = [requirement.id for requirement in spec.requirements()]
    return tuple(sorted(found.values(), key=lambda each: order.index(each.requirement)))


@cache
def _binding(capabilities: Capabilities, dialect: Dialect) -> frozenset[str]:
    """The IDs of the requirements that bind a target with these capabilities, in a dialect."""
    found = (each for each in spec.requirements() if binds(each, capabilities, dialect))
    return frozenset(each.id for each in found)


def judge(
    trace: Trace,
    by: Iterable[Rule] | None = None,
    evidence: Evidence | ClientEvidence | None = None,
) -> Iterator[tuple[str, Observation]]:
    """Ask the rules on a trace's role: each observation with the ID of its requirement.

    `evidence` is that of the trace, where somebody gathered it already.

    A requirement that does not bind who declares these capabilities, or of which the dialect says
    nothing, is not asked about.
    """
    if evidence is None:
        evidence = Evidence(trace) if trace.role == "server" else ClientEvidence(trace)
    return judged(evidence, by)


def judged(
    evidence: Evidence | ClientEvidence, by: Iterable[Rule] | None = None
) -> Iterator[tuple[str, Observation]]:
    """The same for a trace whose evidence somebody else needs, too."""
    trace = evidence.trace
    binding = _binding(trace.capabilities, trace.dialect)
    left_out = left_out_by(trace.dialect, trace.timing)
    for rule in rules(trace.role) if by is None else by:
        if rule.role != trace.role or rule.requirement not in binding:
            continue
        if not left_out.isdisjoint(rule.not_applicable_when):
            continue
        for observation in rule.judge(evidence):
            if observation.outcome == "violated":
                yield rule.requirement, _unless_by_chance(observation, trace)
            else:
                yield rule.requirement, observation


def _unless_by_chance(observation: Observation, trace: Trace) -> Observation:
    """What a server may have done because it was going away has to show itself once more."""
    if trace.role != "server" or trace.attempt > 1:
        return observation
    shown = (trace.events[n] for n in observation.events)
    said = (event.content for event in shown if event.kind == "received")
    if not any(isinstance(close, Close) and _says_goodbye(close, trace) for close in said):
        return observation
    why = f"{observation.message} That was seen once, and the server may have been going away."
    return replace(observation, outcome="undecidable", message=why)


def _says_goodbye(close: Close, trace: Trace) -> bool:
    return close.code in SHUTDOWN_CODES and not trace.dialect.names_itself(close.code, close.reason)
