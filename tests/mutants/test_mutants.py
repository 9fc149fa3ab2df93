"""The mutants themselves: that each starts, and that each breaks its base in one place."""

import asyncio
from collections import Counter
from dataclasses import fields

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from spec import load_timing, requirements
from tests.mutants import Mutant, find, mutants, serving
from tests.mutants.behaviour import Behaviour
from tests.mutants.compliant import COMPLIANT
from tests.peers.process import running

FAST = load_timing("fast")


def changed(behaviour: Behaviour) -> list[str]:
    """Return the names of what differs from the compliant server."""
    return [
        field.name
        for field in fields(Behaviour)
        if getattr(behaviour, field.name) != getattr(COMPLIANT, field.name)
    ]


def test_names_are_unique_and_sentences_are_written() -> None:
    assert max(Counter(mutant.name for mutant in mutants()).values()) == 1
    for mutant in mutants():
        assert mutant.sentence.endswith("."), mutant.name
        assert mutant.requirement not in mutant.also


def test_every_requirement_on_servers_is_broken_by_a_mutant() -> None:
    on_servers = {known.id for known in requirements() if "server" in known.roles}
    assert {mutant.requirement for mutant in mutants()} == on_servers


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_changes_little(mutant: Mutant) -> None:
    both = {"pong": "reply", "echo": "reply"}
    assert 1 <= len({both.get(each, each) for each in changed(mutant.behaviour)}) <= 3


def test_the_compliant_server_changes_nothing() -> None:
    assert changed(find("compliant").behaviour) == []
    with pytest.raises(KeyError):
        find("no such mutant")


@pytest.mark.asyncio
@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
async def test_a_mutant_starts_takes_a_connection_and_ends(mutant: Mutant) -> None:
    async with asyncio.timeout(20), serving(mutant, FAST) as url:
        try:
            async with connect(url, compression=None) as peer:
                await peer.send('{"type":"ping"}')
                if mutant.name != "refuses_a_client_without_subprotocol":
                    await peer.recv()
        except (InvalidHandshake, ConnectionClosed):
            assert mutant.requirement == "S-ACCEPT"


def test_a_mutant_can_be_run_as_a_process() -> None:
    with running("tests.mutants", "answers_every_ping_twice", "--timing", "fast") as process:
        assert process.url.startswith("ws://127.0.0.1:")
        assert process.end() == 0
        assert process.complaints() == ""
