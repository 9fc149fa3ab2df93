"""A rule: a pure function of what a trace shows, for one requirement of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any, Literal, TypeAlias

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.server.evidence import Evidence
from conformance.rules.observation import Observation
from conformance.trace.trace import Capability, Role

Circumstance: TypeAlias = Literal[
    "offers subprotocols",
    "no echo",
    "subprotocols left open",
    "limits left open",
    "text left open",
    "binary left open",
    "replies without order",
    "output left open",
    "shutdown left open",
    "no time-out",
    "no closing",
    "no server pings",
    "no client pongs",
    "clock without pongs",
    "no answers",
    "talks freely",
    "one spelling of a pong",
    "pings left open",
    "pings put off",
    "nothing disturbs",
    "giving up left open",
    "never gives up",
    "several pings unanswered",
    "reconnecting left open",
    "coming back left open",
    "no reconnect delay",
    "no reconnect cap",
    "answers to attempts left open",
    "burdens left open",
    "no pings of clients",
    "no pongs of servers",
]
"""What the user asked of a run, or a dialect leaves out, that makes a requirement not applicable.

The protocol's own dialect leaves out nothing.
"""

Judge: TypeAlias = Callable[[Evidence], Iterator[Observation]]


ClientJudge: TypeAlias = Callable[[ClientEvidence], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one requirement is judged; `how` says it in words, for `wsbeat explain`.

    `role` says whose traces it reads, and with that which evidence `judge` takes: a requirement on
    servers and clients has a rule for each. `not_applicable_when` says of which circumstances the
    requirement says nothing, and why; `optional_under`, with which capability a target need not do
    what the requirement is about, and what is said where it did not. A server that violates a
    requirement which `tells_pace` is too slow to be explored. What is in doubt of one that is
    `seen_alone` is measured again with no other scenario beside it.
    """

    requirement: str
    judge: Callable[[Any], Iterator[Observation]]
    how: str
    role: Role = "server"
    not_applicable_when: Mapping[Circumstance, str] = field(default_factory=dict)
    optional_under: Mapping[Capability, str] = field(default_factory=dict)
    tells_pace: bool = False
    seen_alone: bool = False


def rule(
    requirement: str,
    *,
    not_applicable_when: Mapping[Circumstance, str] | None = None,
    tells_pace: bool = False,
    seen_alone: bool = False,
) -> Callable[[Judge], Rule]:
    """Make a function the rule on servers for a requirement, by its ID in `spec/protocol.md`."""
    return lambda judge: Rule(
        requirement,
        judge,
        cleandoc(judge.__doc__ or ""),
        not_applicable_when=not_applicable_when or {},
        tells_pace=tells_pace,
        seen_alone=seen_alone,
    )


def client_rule(
    requirement: str,
    *,
    optional_under: Mapping[Capability, str] | None = None,
    not_applicable_when: Mapping[Circumstance, str] | None = None,
) -> Callable[[ClientJudge], Rule]:
    """Make a function the rule on clients for a requirement, by its ID in `spec/protocol.md`."""
    return lambda judge: Rule(
        requirement,
        judge,
        cleandoc(judge.__doc__ or ""),
        "client",
        not_applicable_when=not_applicable_when or {},
        optional_under=optional_under or {},
    )


OPTIONAL_PINGS: Mapping[Capability, str] = {
    "server_ping": "The server keeps the beat, so that the client need not ping, and it did not."
}
"""Under Plan B a client need not ping (protocol.md, section 7)."""
