"""A rule: a pure function of what a trace shows, for one requirement of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import TypeAlias

from ..evidence import Evidence
from ..trace import Role
from .observation import Observation

Judge: TypeAlias = Callable[[Evidence], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one requirement is judged; `how` says it in words, for `wsbeat explain`.

    `role` says whose traces it reads: those of servers, or those of clients.
    """

    requirement: str
    judge: Judge
    how: str
    role: Role = "server"


def rule(requirement: str, *, role: Role | None = None) -> Callable[[Judge], Rule]:
    """Make a function the rule for a requirement, by its ID in `spec/protocol.md`.

    A requirement on both roles has a rule for each; else the ID's first letter tells the role.
    """
    whose: Role = role or ("client" if requirement.startswith("C-") else "server")

    def made(judge: Judge) -> Rule:
        return Rule(requirement, judge, cleandoc(judge.__doc__ or ""), whose)

    return made
