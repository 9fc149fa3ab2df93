"""A rule: a pure function of what a trace shows, for one requirement of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, TypeAlias

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.server.evidence import Evidence
from conformance.rules.observation import Observation
from conformance.trace.trace import Role

Judge: TypeAlias = Callable[[Evidence], Iterator[Observation]]


ClientJudge: TypeAlias = Callable[[ClientEvidence], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one requirement is judged; `how` says it in words, for `wsbeat explain`.

    `role` says whose traces it reads, and with that which evidence `judge` takes: a requirement on
    servers and clients has a rule for each.
    """

    requirement: str
    judge: Callable[[Any], Iterator[Observation]]
    how: str
    role: Role = "server"


def rule(requirement: str) -> Callable[[Judge], Rule]:
    """Make a function the rule on servers for a requirement, by its ID in `spec/protocol.md`."""
    return lambda judge: Rule(requirement, judge, cleandoc(judge.__doc__ or ""))


def client_rule(requirement: str) -> Callable[[ClientJudge], Rule]:
    """Make a function the rule on clients for a requirement, by its ID in `spec/protocol.md`."""
    return lambda judge: Rule(requirement, judge, cleandoc(judge.__doc__ or ""), "client")
