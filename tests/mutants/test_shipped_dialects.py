"""The kill matrix of servers in the dialects that come with wsbeat, each as its file has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from conformance.run.server.probe import Unreachable
from spec import load_timing
from spec.dialect.shipped import document_of, names, shipped
from spec.dialect.timing import timing_of
from tests.mutants import matrix, virtual
from tests.mutants.behaviour import (
    Action,
    Behaviour,
    Close,
    Conversation,
    Drop,
    Everybody,
    House,
    Later,
    Reaction,
)
from tests.mutants.compliant import PONG
from tests.mutants.exempt_in_shipped import EXEMPT, exempted
from tests.mutants.from_file import Heard, tongue_from, tongue_of
from tests.mutants.in_tongues import InTongues, applied, in_the_gate, makes_sense, name_of
from tests.mutants.matrix import Report
from tests.mutants.mutant import Mutant, find, mutants
from tests.mutants.shipped_families import BEATEN, CLOCKLESS
from tests.mutants.tongue import Tongue

FAST = load_timing("fast")

os.environ.setdefault("HASS_TOKEN", "of wsbeat")
"""What the login of `home-assistant` takes from the environment."""

SHIPPED = names()[1:]

EVERY = 0.5
"""After how many seconds connections end that end for no reason."""

OF_NONE = 987_654
"""A number that nothing has."""

QUICK = ("json-rpc", "ocpp-1.6", "pusher-7", "engine.io-4", "plain-text", "trpc-keepalive")
"""In which a run takes little more than a second: what every run of the tests tries."""


MATRIX = InTongues(
    (find("compliant"), *mutants()),
    SHIPPED,
    applies=lambda tongue, peer: makes_sense(peer, tongue_of(tongue)),
    exempt=lambda tongue, peer: peer.name in exempted(tongue),
    first=lambda tongue, peer: peer.requirement is None and tongue in QUICK,
    every=2,
    all_bases=True,
)


def checked(peer: Mutant, tongue: Tongue) -> Report:
    """What is found out about a server that speaks a dialect."""
    return matrix.report_of(virtual.server_result(peer, (), FAST, echo=False, tongue=tongue))


@pytest.mark.parametrize(("tongue", "peer"), MATRIX.cases())
def test_in_a_shipped_dialect_a_mutant_fails_with_its_own_requirement_and_no_other(
    tongue: str, peer: Mutant
) -> None:
    matrix.demand_a_right_kill(peer, checked(peer, tongue_of(tongue)))


@pytest.mark.proof
@pytest.mark.parametrize("tongue", SHIPPED)
def test_a_compliant_server_is_conformant_at_the_timing_of_its_dialect(tongue: str) -> None:
    spoken = tongue_of(tongue)
    timing = timing_of(spoken.dialect)
    result = virtual.server_result(find("compliant"), (), timing, echo=False, tongue=spoken)
    assert result.outcome == "conformant", str(matrix.report_of(result))


def quick_or_live(tongues: Iterable[str]) -> list[object]:
    """Of some dialects, that of calls in JSON is tried in every run of the tests."""
    return in_the_gate(tongues, "json-rpc", others=pytest.mark.proof)


@pytest.mark.parametrize("tongue", quick_or_live(each for each in SHIPPED if shipped(each).copied))
def test_a_pong_with_another_id_is_found(tongue: str) -> None:
    spoken = tongue_of(tongue)

    def of_none(text: str, heard: Heard) -> str:
        number = heard.holes.get("id", 0) if isinstance(heard, Heard) else 0
        other = str(OF_NONE) if isinstance(number, str) else OF_NONE
        return spoken.say(text, replace(heard, holes={"id": other}))

    report = checked(find("compliant"), replace(spoken, say=of_none))
    assert report.failed == {"S-PONG"}, str(report)


@pytest.mark.parametrize(
    "tongue",
    # What these say, the protocol says as well.
    quick_or_live(each for each in SHIPPED if each not in ("json-type", "graphql-transport-ws")),
)
def test_a_server_that_answers_in_another_dialect_fails(tongue: str) -> None:
    """It knows the pings of one, and says the pongs, and the pings, of the protocol."""
    spoken = replace(tongue_of(tongue), say=lambda text, _: text)
    report = checked(find("compliant"), spoken)
    dialect = spoken.dialect
    missing = {"S-PONG"} if dialect.clients_are_answered else set[str]()
    if "B-SERVER-PING" in applied(dialect, "server"):
        missing = {*missing, "B-SERVER-PING"}
    # Its pong is the protocol's, but for the id: that is missing, and told by both.
    missing |= {"S-PONG-FORM"} if tongue == "home-assistant" else set()
    assert report.failed == missing, str(report)


@pytest.mark.parametrize("tongue", in_the_gate(("graphql-transport-ws", "pusher-7"), "pusher-7"))
def test_a_server_that_ends_a_connection_for_a_pong_is_found(tongue: str) -> None:
    """It knows no such message, as graphql-ws does not know another: nobody wrote a handler."""
    spoken = tongue_of(tongue)

    def without_a_handler(server: Behaviour) -> Behaviour:
        return replace(server, after_pong=lambda _: [Close(4400, "Invalid message received")])

    report = checked(replace(find("compliant"), change=without_a_handler), spoken)
    assert report.failed == {"B-NO-LOOP"}, str(report)


@pytest.mark.parametrize(
    ("tongue", "later", "failed"),
    [
        pytest.param("pusher-7", 0.2, {"S-QUIET"}, marks=pytest.mark.virtual),
        ("pusher-7", 1.0, {"S-QUIET"}),
        pytest.param("trpc", 1.0, {"S-QUIET"}, marks=pytest.mark.proof),
        ("graphql-transport-ws", 0.0, set[str]()),
        pytest.param("graphql-transport-ws", 1.0, set[str](), marks=pytest.mark.virtual),
    ],
)
def test_a_second_pong_some_time_later_is_one_fault_or_none(
    tongue: str, later: float, failed: set[str]
) -> None:
    """Without an id nothing tells what it is for; where pongs may come unasked it is allowed."""

    def again(server: Behaviour) -> Behaviour:
        return replace(server, pong=lambda _: [PONG, Later(later, PONG)])

    report = checked(replace(find("compliant"), change=again), tongue_of(tongue))
    assert report.failed == failed, str(report)
    assert failed or report.outcome == "conformant", str(report)


@pytest.mark.parametrize(
    ("tongue", "broken"),
    [
        ("engine.io-4", "B-TIMEOUT"),
        pytest.param("socket.io-5", "S-ACCEPT", marks=pytest.mark.proof),
    ],
)
def test_a_server_that_reads_nothing_compressed_is_found_where_it_alone_pings(
    tongue: str, broken: str
) -> None:
    """What it gets of a client is a pong, if no prelude comes before: nothing is ever answered."""
    agrees = find("takes_the_offer_of_compression_and_reads_nothing_compressed")
    report = checked(agrees, tongue_of(tongue))
    assert report.failed == {broken}, str(report)


def test_a_server_that_looks_at_what_a_ping_is_known_by_alone_is_conformant() -> None:
    """As Phoenix does, which has no eye for who joined, nor for the payload of a heartbeat."""
    written = document_of("phoenix-2")
    ping = {**written["ping"], "hear": written["ping"]["known_by"]}
    spoken = tongue_from({**written, "ping": ping})
    report = checked(find("compliant"), replace(spoken, dialect=shipped("phoenix-2")))
    assert report.outcome == "conformant", str(report)


TAKEN_ALONG: Mapping[str, Action] = {
    "a third is dropped": Everybody(Drop(), 3),
    "a third is closed": Everybody(Close(4001), 3),
    "all go away": Everybody(Close(1001)),
}
"""What ends with a connection that is closed in order."""


@pytest.mark.parametrize(
    "way", in_the_gate(TAKEN_ALONG, "a third is dropped", others=pytest.mark.proof)
)
@pytest.mark.parametrize("tongue", quick_or_live(each for each in SHIPPED if each not in BEATEN))
def test_who_is_taken_along_by_the_end_of_another_is_found(tongue: str, way: str) -> None:
    """Where no clock runs, too, and in whatever way, if it is but a part of all connections."""

    def along(server: Behaviour) -> Behaviour:
        return replace(server, after_end=lambda reset: [] if reset else [TAKEN_ALONG[way]])

    report = checked(replace(find("compliant"), change=along), tongue_of(tongue))
    assert "S-INDEPENDENT" in report.failed, str(report)
    assert report.failed == {"S-INDEPENDENT"} or tongue not in CLOCKLESS, str(report)


@pytest.mark.parametrize("tongue", quick_or_live(CLOCKLESS))
def test_what_ends_together_for_no_reason_is_left_in_doubt(tongue: str) -> None:
    """Nothing forbids it, but nobody would want it: the report says so."""
    report = checked(replace(find("compliant"), change=_mortal), tongue_of(tongue))
    assert report.outcome == "incomplete", str(report)
    assert not report.failed, str(report)
    assert report.verdicts["S-INDEPENDENT"] == "inconclusive", str(report)


def _mortal(server: Behaviour) -> Behaviour:
    """Every half a second all connections that there are end."""
    ends: list[asyncio.Task[None]] = []

    async def end_all(house: House) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.gather(*(react([Drop()]) for react in list(house.guests.values())))

    def begins(talk: Conversation) -> Reaction:
        if not ends:
            ends.append(asyncio.create_task(end_all(talk.house)))
        return server.greeting(talk)

    return replace(server, greeting=begins)


@pytest.mark.parametrize("tongue", quick_or_live(each for each in SHIPPED if shipped(each).copied))
def test_a_number_in_the_place_of_a_string_breaks_the_form_of_a_pong_alone(tongue: str) -> None:
    """So does `"7"` for `7`, which is no other id: only where a string is due, a number is one."""
    spoken = tongue_of(tongue)
    is_string = '"${id}"' in document_of(tongue)["pong"]["text"]

    def of_the_other_kind(text: str, heard: Heard) -> str:
        number = heard.holes.get("id", 0) if isinstance(heard, Heard) else 0
        said = spoken.say(text, heard)
        if "pong" not in text:
            return said
        now = (f'"{number}"', f"{number}") if is_string else (f"{number}", f'"{number}"')
        return said.replace(*now, 1) if f":{now[0]}" in said or f",{now[0]}" in said else said

    report = checked(find("compliant"), replace(spoken, say=of_the_other_kind))
    assert report.failed == {"S-PONG-FORM" if is_string else "S-PONG"}, str(report)


@pytest.mark.proof
@pytest.mark.parametrize(("tongue", "peer"), MATRIX.exemptions(), ids=name_of)
def test_what_is_left_out_would_not_be_killed_rightly(tongue: str, peer: Mutant) -> None:
    try:
        report = checked(peer, tongue_of(tongue))
    except Unreachable:
        return  # Nothing is found out about it.
    assert matrix.faults(peer, report)


def test_what_is_left_out_is_looked_at_somewhere() -> None:
    """An exemption of what does not apply anyway is none, and so is one of what is not there."""
    looked_at = {(peer.name, tongue) for tongue, peer in MATRIX.exemptions()}
    assert all(
        any((name, tongue) in looked_at for tongue in SHIPPED if name in exempted(tongue))
        for row in EXEMPT
        for name in row.mutants
    )
    assert {*QUICK} | {tongue for row in EXEMPT for tongue in row.tongues} <= {*SHIPPED}
