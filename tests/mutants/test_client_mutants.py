"""The clients of the matrix themselves: that each starts, and breaks its base in few places."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import fields

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from conformance.rules import rules
from spec import load_timing
from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.client import Client
from tests.mutants.clients.compliant import COMPLIANT
from tests.mutants.clients.mutant import ClientMutant, find, mutants

FAST = load_timing("fast")


def changed(behaviour: Behaviour) -> list[str]:
    """Return the names of what differs from the compliant client."""
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


def test_every_requirement_on_clients_is_broken_by_a_mutant() -> None:
    checked = {rule.requirement for rule in rules("client")}
    assert {mutant.requirement for mutant in mutants()} == checked


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_changes_little(mutant: ClientMutant) -> None:
    assert 1 <= len(changed(mutant.behaviour)) <= 3


def test_the_compliant_client_changes_nothing() -> None:
    assert changed(find("compliant").behaviour) == []
    with pytest.raises(KeyError):
        find("no such mutant")


@pytest.mark.asyncio
@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
async def test_a_mutant_connects(mutant: ClientMutant) -> None:
    came = asyncio.Event()

    async def receive(socket: ServerConnection) -> None:
        came.set()
        try:
            await socket.wait_closed()
        except ConnectionClosed:
            return

    async with serve(receive, "127.0.0.1", 0, close_timeout=0.1) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        client = Client(f"ws://{host}:{port}/", mutant.behaviour, FAST)
        living = asyncio.create_task(client.run())
        async with asyncio.timeout(20):
            await came.wait()
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await client.abandon()
