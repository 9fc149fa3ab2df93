"""The kill matrix: which mutants there are of which requirement, and what is demanded of each.

A mutant is killed when its requirement fails. It is killed rightly when nothing else fails, but
what it names itself, with the reason why that is unavoidable.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import pytest

import spec
from conformance.rules import rules
from conformance.scenarios import scenarios, server_scenarios
from conformance.targets.options import Options
from conformance.trace.trace import Capabilities, Role
from conformance.verdict.result import Result
from conformance.verdict.selection import scenarios_for, select
from tests.mutants.clients.mutant import find as find_client
from tests.mutants.clients.mutant import mutants as client_mutants
from tests.mutants.mutant import Manner, find, mutants

REAL_ONLY = frozenset(
    name
    for each in server_scenarios()
    if {"process", "wall clock"} & {*each.needs}
    for name in each.exercises
)
"""What is only shown by a server that the suite starts: that takes a process, and real time."""

BASES: Mapping[Role, Mapping[str, tuple[str, ...]]] = {
    "server": {
        "compliant": (),
        "server_ping": ("server_ping",),
        "inbound_liveness": ("inbound_liveness",),
    },
    "client": {"compliant": (), "server_ping": ("server_ping",)},
}
"""What mutants derive from, with the capabilities that are declared of it: all of it conforms."""


MANNERS: Mapping[Manner, str] = {"queue": "queued:", "no echo": "without_echo:"}
"""Before the name of a server that is run in another manner, how it is called."""


class Mutant(Protocol):
    """A mutant of either role, as far as the matrix knows it."""

    @property
    def name(self) -> str:
        """A sentence in short, which is its name everywhere."""

    @property
    def requirement(self) -> str | None:
        """The ID of the requirement that it breaks."""

    @property
    def sentence(self) -> str:
        """What it does."""

    @property
    def also(self) -> Mapping[str, str]:
        """What else cannot but be violated, by the ID of the requirement, and why."""

    @property
    def at_production(self) -> Mapping[str, str]:
        """What fails at one of the timings `fast` and `production` alone, and why."""

    @property
    def declares(self) -> tuple[str, ...]:
        """The capabilities that are declared of it."""


@dataclass(frozen=True)
class Report:
    """What the suite found: plain data, as it is handed from one process to another.

    `findings` are sentences, by the ID of a requirement that failed or is in doubt, and `pages` the
    scenarios that show it, that of its page first. In virtual time, `seconds` is how long the waits
    of the run would have taken.
    """

    outcome: str
    verdicts: Mapping[str, str]
    findings: Mapping[str, tuple[str, ...]]
    pages: Mapping[str, tuple[str, ...]]
    seconds: float = 0.0

    @property
    def failed(self) -> frozenset[str]:
        """The IDs of what is violated, be it a MUST or a SHOULD."""
        return frozenset(id for id, said in self.verdicts.items() if said in ("failed", "warned"))

    def __str__(self) -> str:
        return "\n".join(
            f"{id} {self.verdicts[id]}: {' / '.join(said)}" for id, said in self.findings.items()
        )


PROBE = "probe"
"""How the first handshake of every run is called."""


IN_WORDS = ("failed", "warned", "inconclusive")


def report_of(result: Result) -> Report:
    """What a run in this process found."""
    return Report(
        result.outcome,
        {each.requirement.id: each.verdict for each in result.assessments},
        {
            each.requirement.id: (
                *([each.because] if each.because else []),
                *(f"{f.scenario}: {f.message} {f.actual}" for f in each.findings),
            )
            for each in result.assessments
            if each.verdict in IN_WORDS
        },
        {
            each.requirement.id: tuple(f.scenario for f in each.findings)
            for each in result.assessments
        },
        result.duration,
    )


def report_in(document: Mapping[str, Any]) -> Report:
    """The same from the JSON report of the command."""
    found = document["requirements"]
    return Report(
        document["outcome"],
        {each["id"]: each["verdict"] for each in found},
        {
            each["id"]: (
                *([each["because"]] if each["because"] else []),
                *(f"{f['scenario']}: {f['message']} {f['actual']}" for f in each["findings"]),
            )
            for each in found
            if each["verdict"] in IN_WORDS
        },
        {each["id"]: tuple(f["scenario"] for f in each["findings"]) for each in found},
    )


Subject: TypeAlias = tuple[Role, str]
"""A mutant, or what it derives from, by its name."""

Reports: TypeAlias = Mapping[Subject, "Future[Report]"]


def known(role: Role) -> tuple[Mutant, ...]:
    """All mutants of a role."""
    return mutants() if role == "server" else client_mutants()


def rows(role: Role) -> dict[str, tuple[Mutant, ...]]:
    """The mutants of each requirement that is checked; none where there are none yet.

    What stands before a server is none of it, and is broken by proxies (`tests/peers`).
    """
    return {
        rule.requirement: tuple(
            each for each in known(role) if each.requirement == rule.requirement
        )
        for rule in rules(role)
        if role in spec.requirement(rule.requirement).roles
    }


def in_virtual_time() -> list[Subject]:
    """The mutants that are run in virtual time: all but those that it cannot show."""
    return [
        (role, each.name)
        for role in BASES
        for id, row in rows(role).items()
        if id not in REAL_ONLY
        for each in row
    ]


def in_other_manners() -> list[Subject]:
    """The mutants, and what they derive from, in each other manner that they are run in.

    What ends a connection, or delays an answer, is run on a server that answers from a queue.
    """
    found: list[Subject] = [("server", f"{MANNERS[each]}compliant") for each in MANNERS]
    found += [
        ("server", f"{MANNERS[each]}{mutant.name}")
        for mutant in mutants()
        for each in mutant.manners
    ]
    return [*found, ("server", f"{''.join(MANNERS.values())}compliant")]


def in_real_time() -> list[Subject]:
    """The mutants that are run by the command, in processes of their own.

    That is one of every other section of the contract, so that the matrix does not stray from the
    path that users take, and all that virtual time cannot show. Compliant peers of other libraries
    take that path, too (`tests/peers`), and so do enemies.
    """
    chosen: list[Subject] = []
    for role in BASES:
        found = rows(role)
        ordered = [each for each in spec.requirements() if each.id in found]
        sections = {each.section: each.id for each in reversed(ordered)}
        sections = dict(list(sections.items())[::2])
        for id, row in found.items():
            if id in REAL_ONLY:
                chosen += [(role, each.name) for each in row]
            elif id in sections.values():
                chosen += [(role, each.name) for each in row[:1]]
    return chosen


def known_as(role: Role, name: str) -> str:
    """The name by which a peer is found: that of the compliant one, if it is a base."""
    for manner in MANNERS.values():
        name = name.removeprefix(manner)
    return "compliant" if name in BASES[role] else name


def has_manner(manner: Manner, name: str) -> bool:
    """Whether a subject of this name is run in a manner that is not the usual one."""
    return MANNERS[manner] in name


def peer(role: Role, name: str) -> Mutant:
    """The mutant with a name, or what mutants derive from."""
    known = known_as(role, name)
    return find(known) if role == "server" else find_client(known)


def declared(role: Role, name: str) -> tuple[str, ...]:
    """The capabilities that are declared of a mutant, or of a base, when it is run."""
    return BASES[role].get(name) or peer(role, name).declares


def performed(role: Role, name: str, requirement: str) -> set[str]:
    """The scenarios that the command on a page performs, which selects its requirement."""
    capabilities = Capabilities(**dict.fromkeys(declared(role, name), True))
    known = [each for each in scenarios() if each.role == role]
    chosen = select(
        role, Options(select=(requirement,)), capabilities, rules(role), scenarios=known
    )
    return {PROBE, *(each.name for each in scenarios_for(chosen, known))}


def faults(mutant: Mutant, report: Report, *, exactly: bool = False) -> list[str]:
    """What speaks against a mutant's having been killed rightly, in sentences.

    Where the same is found every time, it is found `exactly`: what is declared has to be seen, too.
    """
    found = []
    if mutant.requirement not in report.failed:
        found.append(f"{mutant.name} survives: {mutant.requirement} does not fail.")
    for id in sorted(report.failed - {mutant.requirement} - set(mutant.also)):
        found.append(f"{mutant.name} fails with {id}, too: {' / '.join(report.findings[id])}")
    for id in sorted(set(mutant.also) - report.failed) if exactly else ():
        found.append(f"{mutant.name} declares that {id} cannot but fail, too, and it does not.")
    return found


def demand_a_right_kill(mutant: Mutant, report: Report, *, exactly: bool = False) -> None:
    """Fail with what the suite found, rather than with the values that were compared.

    What mutants derive from has no requirement to break, and has to conform.
    """
    if mutant.requirement is None:
        assert report.outcome == "conformant", str(report)
        return
    found = faults(mutant, report, exactly=exactly)
    if found:
        pytest.fail("\n".join([*found, "", str(report)]), pytrace=False)
