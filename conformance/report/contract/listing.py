"""The lists of `wsbeat list`: the requirements of the contract, and the scenarios."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import spec
from conformance.report.text_width import cut

if TYPE_CHECKING:
    from conformance.scenarios.client.pairs import Pair
    from conformance.scenarios.scenario import Scenario


NARROWEST = 60


def requirement_lines(checked: Collection[str], width: int | None) -> Iterator[str]:
    """Every requirement on a line of its own, under the headings of the contract.

    `checked` holds the IDs for which there is a rule. Sentences are cut to `width`, if there is
    one: a list that goes through a pipe is whole.
    """
    requirements = spec.requirements()
    names = max(len(each.id) for each in requirements)
    for section, members in groupby(requirements, key=lambda each: each.section):
        yield section
        for each in members:
            mark = "*" if each.id in checked else " "
            start = f"  {mark} {each.id:<{names}}  {each.level:<6}  {_roles(each):<13}  "
            yield start + _fitted(each.sentence, start, width)
    yield ""
    yield f"* is checked by this version: {len(checked)} of {len(requirements)} requirements."
    yield "`wsbeat explain ID` says why a requirement is one, and how it is checked."


def requirement_documents(checked: Collection[str]) -> list[dict[str, Any]]:
    """Every requirement as JSON."""
    return [
        {
            "id": each.id,
            "level": each.level,
            "since": each.since,
            "section": each.section,
            "roles": sorted(each.roles),
            "capability": each.capability,
            "sentence": each.sentence,
            "checked": each.id in checked,
        }
        for each in spec.requirements()
    ]


def scenario_lines(scenarios: Sequence[Scenario], width: int | None) -> Iterator[str]:
    """Every scenario on a line of its own, and below it the requirements that it exercises."""
    names = max(len(each.name) for each in scenarios)
    for each in scenarios:
        start = f"{each.name:<{names}}  {each.role:<6}  {each.kind:<8}  "
        yield start + _fitted(first_line(each), start, width)
        yield f"  {', '.join(each.exercises)}"


def pair_lines(pairs: Sequence[Pair], width: int | None) -> Iterator[str]:
    """Which pairs of disturbances are played to clients, and why others need not be."""
    yield ""
    yield "What befalls a client while it is still at something else, and who plays it:"
    for first, members in groupby(pairs, key=lambda each: each.first):
        yield first
        for each in members:
            start = f"  then {each.second:<{max(len(pair.second) for pair in pairs)}}  "
            if each.scenarios:
                yield start + ", ".join(each.scenarios)
            else:
                yield start + _fitted(f"nobody: {each.why_not}", start, width)


def scenario_documents(
    scenarios: Sequence[Scenario], pairs: Sequence[Pair] = ()
) -> list[dict[str, Any]]:
    """Every scenario as JSON, with the pairs of disturbances that it plays."""
    return [
        {
            "name": each.name,
            "role": each.role,
            "kind": each.kind,
            "about": each.doc,
            "exercises": list(each.exercises),
            "pairs": [
                {"first": pair.first, "second": pair.second}
                for pair in pairs
                if each.name in pair.scenarios
            ],
        }
        for each in scenarios
    ]


def first_line(scenario: Scenario) -> str:
    """What a scenario does, in one line."""
    return scenario.doc.split("\n\n")[0].replace("\n", " ")


def _roles(requirement: spec.Requirement) -> str:
    return "+".join(sorted(requirement.roles))


def _fitted(sentence: str, start: str, width: int | None) -> str:
    return sentence if width is None else cut(sentence, max(width, NARROWEST) - len(start))
