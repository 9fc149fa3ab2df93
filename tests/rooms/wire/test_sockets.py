"""What this machine lacks for a connection is never told of as a refusal of the server."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
from typing import Any

import pytest

from conformance.evidence.server.evidence import Evidence
from conformance.rules import judge, rules
from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.event import NO_SOCKET
from conformance.wire.sockets import BESIDES, too_few_for, what_is_said_of
from tests.mutants import find
from tests.mutants.serving import serving
from tests.traces.notation import FAST, trace_of

FULL = os.strerror(errno.EMFILE)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL])
def test_what_this_machine_lacks_is_told_as_its_own(number: int) -> None:
    assert what_is_said_of(OSError(number, "")) == f"{NO_SOCKET}{os.strerror(number)}"
    several = OSError(f"Multiple exceptions: [Errno {number}] {os.strerror(number)}, and more")
    assert what_is_said_of(several).startswith(NO_SOCKET)


def test_what_a_server_does_is_told_as_it_is() -> None:
    refused = OSError(errno.ECONNREFUSED, "Connect call failed")
    assert what_is_said_of(refused) == "Connection refused"
    assert what_is_said_of(socket.gaierror(-2, "Name or service not known")).startswith("Name")


@pytest.mark.parametrize(("hard", "is_enough"), [(100 + BESIDES, True), (99 + BESIDES, False)])
def test_a_run_that_needs_more_descriptors_than_there_may_be_does_not_begin(
    hard: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (hard, hard))
    said = too_few_for(100)
    assert (said is None) is is_enough
    if said is not None:
        assert f"ulimit -n {100 + BESIDES}" in said
        assert "--max-connections 99" in said


def test_no_rule_hears_of_a_connection_for_which_wsbeat_had_no_socket() -> None:
    trace = trace_of(f"""
    #1  0.0 opening
    #1  0.1 opened
    #1  0.2 > ping
    #1  0.3 < pong
    #1  0.4 ended local reset
    #2  0.5 opening
    #2  0.5 refused {NO_SOCKET}{FULL}
    """)
    assert trace.unasked_for == {2}
    assert [each.number for each in Evidence(trace).connections] == [1]
    assert not [name for name, each in judge(trace, rules("server")) if each.outcome == "violated"]


def test_a_run_for_which_sockets_run_out_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tenth connection of a compliant server is one for which there is none."""
    connect: Any = asyncio.SelectorEventLoop.create_connection
    asked = [0]

    async def sometimes(*given: Any, **named: Any) -> Any:
        asked[0] += 1
        if asked[0] % 10 == 0:
            raise OSError(errno.EMFILE, FULL)
        return await connect(*given, **named)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "create_connection", sometimes)
    result = check_server_within(
        lambda: serving(find("compliant"), FAST), lambda url: Target(url, FAST), Options(examples=2)
    )
    assert (result.outcome, int(result.exit_code)) == ("incomplete", 3)
    assert not [each for each in result.assessments if each.verdict == "failed"]
    assert any("ulimit -n" in note and "never heard" in note for note in result.notes)
