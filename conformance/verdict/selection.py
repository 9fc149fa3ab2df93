"""Which requirements a run is about, and which scenarios give occasion to see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, TypeVar

import spec
from conformance.rules.circumstances import binds
from conformance.rules.rule import Circumstance, Rule
from conformance.scenarios.scenario import Scenario
from conformance.targets.options import Options
from conformance.trace.trace import Capabilities, Role
from conformance.verdict.verdict import Verdict
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

BOUND: Mapping[Role, frozenset[str]] = {
    "server": frozenset({"server", "deployment"}),
    "client": frozenset({"client"}),
}
"""Whom the requirements bind that a run on a role is about: with a server, its proxies too."""


INAPPLICABLE: Verdict = "not_applicable"


WhyNot: TypeAlias = Callable[[Any], str | None]
"""Why a scenario cannot be performed on a target as it was handed over; None if it can."""

S = TypeVar("S", bound=Scenario)


def nothing_against(_: Scenario) -> None:
    """Every scenario can be performed."""


class UsageError(Exception):
    """What the user asked for cannot be done; the text says what to ask for instead."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Every requirement on a role, sorted by what will become of it in this run.

    `set_aside` gives, for those that will get no verdict of their own, which and why. `untried`
    are the IDs of those that nothing is done for: they do not apply, or the user excludes them.
    """

    examined: tuple[spec.Requirement, ...]
    set_aside: Mapping[str, tuple[Verdict, str | None]]
    requirements: tuple[spec.Requirement, ...]
    untried: frozenset[str] = frozenset()

    def has_a_must_among(self, ids: Set[str], options: Options) -> bool:
        """Whether one of these requirements is a MUST that counts."""
        musts = (each for each in self.examined if each.level == "MUST" and each.id in ids)
        return any(map(options.are_bound_by, musts))

    @property
    def names(self) -> tuple[str, ...]:
        """The IDs of what is examined."""
        return tuple(each.id for each in self.examined)


def select(
    role: Role,
    options: Options,
    capabilities: Capabilities,
    rules: Sequence[Rule],
    *,
    scenarios: Sequence[Scenario] = (),
    why_not: WhyNot = nothing_against,
    circumstances: Set[Circumstance] = frozenset(),
    dialect: Dialect | None = None,
) -> Selection:
    """Sort the requirements on a role; raises UsageError for a glob that matches none.

    A requirement is not applicable where none of the scenarios that exercise it can be performed
    on the target as it was handed over, for the reason that `why_not` gives, or where its rule says
    so of the `circumstances`.
    """
    left_out = {
        rule.requirement: why
        for rule in rules
        for circumstance, why in rule.not_applicable_when.items()
        if circumstance in circumstances
    }
    impossible = _impossible(scenarios, why_not) | left_out
    requirements = tuple(each for each in spec.requirements() if BOUND[role] & each.roles)
    for glob in (*options.select, *options.exclude):
        if not any(fnmatchcase(each.id, glob) for each in requirements):
            raise UsageError(_nothing_matches(glob, role, [each.id for each in requirements]))
    checked = {rule.requirement for rule in rules}
    set_aside: dict[str, tuple[Verdict, str | None]] = {}
    untried = set()
    for each in requirements:
        why: str | None = None
        if each.id in left_out:
            why = left_out[each.id]
        elif not binds(each, capabilities, dialect or protocol()):
            why = _why_unbound(each, capabilities)
        elif each.id not in checked:
            why = "This version of wsbeat does not check it."
        elif each.id in impossible:
            why = impossible[each.id]
        is_unwanted = _matches(each.id, options.exclude)
        if why is not None or is_unwanted:
            untried.add(each.id)
        if is_unwanted or (options.select and not _matches(each.id, options.select)):
            set_aside[each.id] = ("excluded", None)
        elif why is not None:
            set_aside[each.id] = (INAPPLICABLE, why)
    examined = tuple(each for each in requirements if each.id not in set_aside)
    if not examined:
        raise UsageError(
            "No requirement is left to check: what --select names is excluded, "
            "not applicable to this target, or not checked by this version."
            + "".join(
                f" {name}: {because}"
                for name, (verdict, because) in set_aside.items()
                if verdict == "not_applicable" and name in impossible
            )
        )
    return Selection(examined, set_aside, requirements, frozenset(untried))


def scenarios_for(
    selection: Selection,
    scenarios: Sequence[S],
    why_not: WhyNot = nothing_against,
) -> tuple[S, ...]:
    """The scenarios to run: all that may show one of the requirements.

    Rules judge whatever a scenario makes happen, not only what it is there for. So what is left out
    is only what cannot show anything, for want of what all that are there for it have; and what is
    there for requirements alone that are not tried, or for one that is too rough without it.
    """
    wanted = {each.id for each in selection.examined}
    return tuple(
        each
        for each in scenarios
        if why_not(each) is None
        and not selection.untried >= set(each.exercises)
        and not (each.is_rough and each.exercises[0] in selection.untried)
        and any(_may_show(each, name, scenarios) for name in wanted)
    )


def _may_show(scenario: Scenario, requirement: str, scenarios: Sequence[Scenario]) -> bool:
    meant = [each.traits for each in scenarios if requirement in each.exercises]
    return not meant or frozenset.intersection(*meant) <= scenario.traits


def left_to_choice(
    selection: Selection, rules: Sequence[Rule], capabilities: Capabilities, seen: Set[str]
) -> Selection:
    """Set aside what is said of things that a target need not do, and did not (section 7).

    Where it did one of them, all are examined as usual.
    """
    optional = {
        rule.requirement: rule.optional_under[capability]
        for rule in rules
        for capability in capabilities.declared & rule.optional_under.keys()
    }
    if not optional.keys().isdisjoint(seen):
        return selection
    idle = {each.id: optional[each.id] for each in selection.examined if each.id in optional}
    return replace(
        selection,
        examined=tuple(each for each in selection.examined if each.id not in idle),
        set_aside={
            **selection.set_aside,
            **{name: (INAPPLICABLE, why) for name, why in idle.items()},
        },
    )


def _impossible(scenarios: Sequence[Scenario], why_not: WhyNot) -> dict[str, str]:
    """The requirements that none of the scenarios that exercise them can show, and why."""
    reasons = [(each, why_not(each)) for each in scenarios]
    possible = {name for each, why in reasons if why is None for name in each.exercises}
    return {
        name: why
        for each, why in reasons
        if why is not None
        for name in each.exercises
        if name not in possible
    }


def _why_unbound(requirement: spec.Requirement, capabilities: Capabilities) -> str:
    if requirement.capability and requirement.capability not in capabilities.declared:
        return f"The target does not declare the capability {requirement.capability}."
    instead = [
        each.id
        for row in spec.conformance_classes()
        if any(fnmatchcase(requirement.id, pattern) for pattern in row.replaced)
        for each in spec.requirements()
        if each.id in row.patterns
    ]
    return (
        f"The target declares the capability {requirement.replaced_under}: "
        f"{' and '.join(instead)} take its place."
    )


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _nothing_matches(glob: str, role: Role, known: Sequence[str]) -> str:
    near = get_close_matches(glob.upper(), known, n=1)
    hint = f" Did you mean {near[0]}?" if near else " `wsbeat list` shows them all."
    return f"{glob} matches no requirement on a {role}.{hint}"
