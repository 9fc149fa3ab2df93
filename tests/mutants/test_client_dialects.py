"""The kill matrix of clients in other dialects: what one breaks is found, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from spec import load_timing
from spec.dialect.made import made
from spec.dialect.timing import timing_of
from tests.mutants import matrix, virtual
from tests.mutants.clients.compliant import PING, PONG
from tests.mutants.clients.exempt import LEFT_OUT, ONLY
from tests.mutants.clients.mutant import ClientMutant, find, mutants
from tests.mutants.clients.tongue import ClientTongue
from tests.mutants.clients.tongues import CLIENT_TONGUES
from tests.mutants.in_tongues import InTongues, applied, name_of
from tests.mutants.matrix import Report

FAST = load_timing("fast")

os.environ.setdefault("HASS_TOKEN", "of wsbeat")
"""What the login of `home-assistant` takes from the environment."""

FIRST = ("compliant", "takes_1000_for_a_farewell", "pings_half_as_often")
"""What every run of the tests tries."""


MATRIX = InTongues(
    (find("compliant"), *mutants()),
    CLIENT_TONGUES,
    applies=lambda tongue, peer: (
        peer.requirement in {None, *applied(CLIENT_TONGUES[tongue].dialect, "client")}
    ),
    exempt=lambda tongue, peer: peer.name in LEFT_OUT | ONLY.get(tongue, set()),
    first=lambda tongue, peer: peer.name in FIRST and tongue in ("numbered", "plain-text"),
    every=3,
)


def checked(peer: ClientMutant, tongue: ClientTongue) -> Report:
    """What is found out about a client that speaks a dialect."""
    return matrix.report_of(virtual.client_result(peer, (), FAST, tongue=tongue))


@pytest.mark.parametrize(("tongue", "peer"), MATRIX.cases())
def test_in_a_dialect_a_client_fails_with_its_own_requirement_and_no_other(
    tongue: str, peer: ClientMutant
) -> None:
    matrix.demand_a_right_kill(peer, checked(peer, CLIENT_TONGUES[tongue]))


@pytest.mark.virtual
@pytest.mark.parametrize("tongue", CLIENT_TONGUES)
def test_a_compliant_client_is_conformant_at_the_timing_of_its_dialect(tongue: str) -> None:
    spoken = CLIENT_TONGUES[tongue]
    timing = timing_of(spoken.dialect)
    result = virtual.client_result(find("compliant"), (), timing, tongue=spoken)
    assert result.outcome == "conformant", str(matrix.report_of(result))


@pytest.mark.parametrize(
    "tongue",
    [
        pytest.param(each, marks=() if each == "numbered" else pytest.mark.virtual)
        for each in CLIENT_TONGUES
        if each not in ("json-type", "graphql-transport-ws")  # whose words are the same
    ],
)
def test_a_client_that_speaks_as_the_protocol_does_fails(tongue: str) -> None:
    """It knows what the server says, and says the pings, or pongs, of the protocol."""
    spoken = CLIENT_TONGUES[tongue]
    other, broken = spoken, set()
    if spoken.dialect.client_pings:
        other, broken = replace(other, ping=lambda _: PING), {"C-PING-FORM"}
    if spoken.dialect.server_pings:
        other, broken = replace(other, pong=lambda _: PONG), {*broken, "B-CLIENT-PONG"}
    report = checked(find("compliant"), other)
    assert report.failed == broken, str(report)


NUMBERED, ASKING = CLIENT_TONGUES["numbered"], CLIENT_TONGUES["asking"]


def without_returns(tongue: ClientTongue) -> ClientTongue:
    """A tongue whose dialect does not say when a client comes back, only from what it does not."""
    told = tongue.dialect.document
    timing = {name: told["timing"][name] for name in told["timing"] if "reconnect" not in name}
    return replace(tongue, dialect=made({**told, "timing": timing}))


def test_a_client_stays_away_where_nothing_is_said_of_coming_back() -> None:
    report = checked(find("compliant"), without_returns(NUMBERED))
    assert report.outcome == "conformant", str(report)
    assert report.verdicts["C-RECONNECT"] == "passed"


@pytest.mark.parametrize(
    ("tongue", "broken"),
    [
        pytest.param(replace(NUMBERED, trusting=True), "C-PONG-MISSING", id="takes any pong"),
        pytest.param(replace(NUMBERED, final=()), "C-RECONNECT", id="comes back for good"),
        pytest.param(
            replace(without_returns(NUMBERED), final=()), "C-RECONNECT", id="comes back after all"
        ),
        pytest.param(
            replace(CLIENT_TONGUES["introduced"], habits=lambda client: client),
            "C-STAY",
            id="does not log in",
        ),
        pytest.param(
            replace(ASKING, pong=lambda _: '{"event":"ack","n":0}'), "B-CLIENT-PONG", id="no id"
        ),
        pytest.param(
            replace(NUMBERED, ping=lambda n: f'{{"event":"HB","n":{n}}}'), "C-PING-FORM", id="case"
        ),
        pytest.param(
            replace(NUMBERED, ping=lambda _: '{"event":"hb"}'), "C-PING-FORM", id="without a number"
        ),
    ],
)
def test_what_only_another_dialect_asks_for_is_seen_to_be_broken(
    tongue: ClientTongue, broken: str
) -> None:
    report = checked(find("compliant"), tongue)
    assert report.failed == {broken}, str(report)


@pytest.mark.proof
@pytest.mark.parametrize(("tongue", "peer"), MATRIX.exemptions(), ids=name_of)
def test_what_is_left_out_would_not_be_killed_rightly(tongue: str, peer: ClientMutant) -> None:
    assert matrix.faults(peer, checked(peer, CLIENT_TONGUES[tongue]))


def test_what_is_left_out_is_looked_at_somewhere() -> None:
    """An exemption of what does not apply anyway is none, and so is one of what is not there."""
    assert not MATRIX.idle(LEFT_OUT, ONLY)
    assert set(FIRST) - {"compliant"} <= {each.name for each in mutants()}
