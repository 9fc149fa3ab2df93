"""The kill matrix: the suite, run on every mutant, finds the sentence that it breaks and no other.

All of it is run in virtual time, and a part of it by the command in real time: see `matrix.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.messages.limits import DROPPED_WITHIN
from conformance.targets.started import wall_clock
from conformance.trace.trace import Role
from spec import load_timing
from tests.mutants import matrix, real, virtual
from tests.mutants.matrix import BASES

AT_LEAST: dict[Role, int] = {"server": 70, "client": 40}
"""How many mutants there have to be."""

CHECKED = [(role, requirement) for role in BASES for requirement in matrix.rows(role)]
FIRST = {(role, mutants[0].name) for role in BASES for mutants in matrix.rows(role).values()}
"""The mutants that every run of the tests tries: one for each requirement."""
IN_VIRTUAL_TIME = [
    pytest.param(role, name, marks=() if (role, name) in FIRST else pytest.mark.virtual)
    for role, name in matrix.in_virtual_time()
]
SEEN_ELSEWHERE = {"closes_after_half_the_timeout", "answers_a_pong_with_a_pong"}
"""Mutants that scenarios show which are there for another requirement than the one they break."""
EVERY = 3
"""Of so many pages one is seen to by the gate, and all are by `make live`."""
PAGES = [
    name
    for role, name in matrix.in_virtual_time()
    if role == "server" and ((role, name) in FIRST or name in SEEN_ELSEWHERE)
]
GATED = set(PAGES[::EVERY])
SHOWN_AGAIN = [
    pytest.param(
        name,
        matrix.peer("server", name).requirement,
        marks=[]
        if name in SEEN_ELSEWHERE
        else [pytest.mark.virtual if name in GATED else pytest.mark.proof],
    )
    for name in PAGES
]
"""What is run with the command that its page ends with."""
SAY_IT_TO_ALL = {"sends_every_pong_to_all", "tells_all_of_every_newcomer", "echoes_to_all"}
"""Servers that cost five times as much as others: the gate tries each in one manner."""
IN_OTHER_MANNERS = [
    pytest.param(
        role,
        name,
        marks=pytest.mark.proof
        if matrix.known_as(role, name) in SAY_IT_TO_ALL
        else pytest.mark.virtual,
    )
    for role, name in matrix.in_other_manners()
]
TIMES_THE_LONGEST_WAIT = 5
"""How long a run on a broken server takes at the most: most take two fifths of that."""
SLOWEST = TIMES_THE_LONGEST_WAIT * load_timing("fast").longest_wait
KEEP_WAITING = (
    "waits_a_few_seconds_too_long_for_the_answer_to_its_close",
    "waits_a_minute_for_the_answer_to_its_close",
    "closes_one_connection_after_the_other",
    "keeps_the_connections_of_those_who_closed",
    "keeps_the_connections_that_it_closed",
)
"""Servers that keep connections after a Close for longer than all else lasts."""
BASIC = [(role, name) for role in BASES for name in BASES[role]]
BY_COMMAND = [*(each for each in BASIC if each[0] == "server"), ("server", real.STARTED)]
"""What mutants derive from; compliant clients are run by the command in `tests/peers`."""


@pytest.fixture(scope="session")
def in_virtual_time() -> Iterator[virtual.ReportOn]:
    """Each process that runs tests has one beside it, which runs nothing but the suite."""
    with virtual.process() as report_on:
        yield report_on


def _is_about_the_wall_clock(role: Role, name: str) -> bool:
    return matrix.peer(role, name).requirement == "S-MONOTONIC"


@pytest.mark.proof
@pytest.mark.parametrize(("role", "name"), BY_COMMAND)
def test_the_command_finds_what_mutants_derive_from_conformant(role: Role, name: str) -> None:
    report = real.report(role, name)
    assert report.outcome == "conformant", str(report)


@pytest.mark.proof
@pytest.mark.parametrize(("role", "name"), matrix.in_real_time())
def test_the_command_finds_what_a_mutant_breaks(role: Role, name: str) -> None:
    if _is_about_the_wall_clock(role, name) and wall_clock.library() is None:
        pytest.skip("libfaketime is not here, so no wall clock can be set")
    matrix.demand_a_right_kill(matrix.peer(role, name), real.report(role, name))


@pytest.mark.proof
@pytest.mark.parametrize(("role", "name"), [("client", real.NAIVE)])
def test_the_client_that_the_field_writes_fails_with_what_it_breaks(role: Role, name: str) -> None:
    """It retries once, reconnects after its own close, dies of JSON, and never misses a pong."""
    report = real.report(role, name)
    failed = {id for id, verdict in report.verdicts.items() if verdict == "failed"}
    assert failed == {"C-RECONNECT", "C-CLOSE-FINAL", "C-TOLERATE"}, str(report)
    assert report.failed - failed == {"C-PONG-MISSING", "C-ANSWER-MISSING"}


@pytest.mark.parametrize(("role", "name"), BASIC)
def test_what_mutants_derive_from_is_conformant(
    role: Role, name: str, in_virtual_time: virtual.ReportOn
) -> None:
    report = in_virtual_time(role, name)
    assert report.outcome == "conformant", str(report)


@pytest.mark.parametrize(("role", "name"), IN_VIRTUAL_TIME)
def test_a_mutant_fails_with_its_own_requirement_and_no_other(
    role: Role, name: str, in_virtual_time: virtual.ReportOn
) -> None:
    """The command that its page ends with performs the scenario that the page shows, too."""
    report = in_virtual_time(role, name)
    matrix.demand_a_right_kill(matrix.peer(role, name), report, exactly=True)
    longest = SLOWEST + (2 * DROPPED_WITHIN if name in KEEP_WAITING else 0)
    assert role == "client" or report.seconds <= longest, f"the run takes {report.seconds} s"
    for requirement in report.failed:
        shown_in = report.pages[requirement][0]
        assert shown_in in matrix.performed(role, name, requirement), requirement


@pytest.mark.parametrize(("role", "name"), IN_OTHER_MANNERS)
def test_another_manner_of_being_a_server_changes_nothing(
    role: Role, name: str, in_virtual_time: virtual.ReportOn
) -> None:
    """It answers from a queue, or echoes nothing: what it breaks, and keeps, is the same."""
    report = in_virtual_time(role, name)
    if matrix.known_as(role, name) == "compliant":
        assert report.outcome == "conformant", str(report)
    else:
        matrix.demand_a_right_kill(matrix.peer(role, name), report)


@pytest.mark.parametrize(("name", "requirement"), SHOWN_AGAIN)
def test_what_a_page_says_to_see_a_violation_again_shows_it(
    name: str, requirement: str, in_virtual_time: virtual.ReportOn
) -> None:
    """A page ends with a command that selects its requirement: that fails with it, too."""
    report = in_virtual_time("server", name, requirement)
    assert requirement in report.failed, str(report)
    assert {id for id, said in report.verdicts.items() if said != "excluded"} == {requirement}


@pytest.mark.parametrize(("role", "requirement"), CHECKED)
def test_every_requirement_that_is_checked_has_a_mutant(role: Role, requirement: str) -> None:
    assert matrix.rows(role)[requirement]


@pytest.mark.parametrize("role", BASES)
def test_there_are_as_many_mutants_as_there_have_to_be(role: Role) -> None:
    assert sum(map(len, matrix.rows(role).values())) >= AT_LEAST[role]


def test_every_mutant_is_run() -> None:
    run = {*matrix.in_virtual_time(), *matrix.in_real_time()}
    assert run == {(role, each.name) for role in BASES for each in matrix.known(role)}
