"""A rule: a pure function of what a trace shows, for one requirement of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import TypeAlias

from ..evidence import Evidence
from .observation import Observation

Judge: TypeAlias = Callable[[Evidence], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one requirement is judged; `how` says it in words, for `wsbeat explain`."""

    requirement: str
    judge: Judge
    how: str


def rule(requirement: str) -> Callable[[Judge], Rule]:
    """Make a function the rule for a requirement, by its ID in `spec/protocol.md`."""

    def made(judge: Judge) -> Rule:
        return Rule(requirement, judge, cleandoc(judge.__doc__ or ""))

    return made
