"""Servers in virtual time get the verdict that they would get at production timing, or none."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.run.within import patience, serving
from conformance.run.within.check import check_server_here
from conformance.run.within.named import Named, NotNamed
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.targets.started.process import LaunchError
from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from spec import load_timing
from tests.rooms.run.within.apps import ELSEWHERE

PRODUCTION = load_timing("production")
HERE = "tests.rooms.run.within.apps"
CLOSES = ("S-PONG", "S-REPLY-SOON", "S-TIMEOUT-*")

SECOND_SERVER = """
import asyncio
async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()
async def main():
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


def checked(name: str, *select: str, echo: bool = True, limit: float | None = None) -> Result:
    target = Target(
        "ws://127.0.0.1:{port}/ws", PRODUCTION, within=name, capabilities=Capabilities(echo=echo)
    )
    options = Options(select=select, examples=1, time_limit=limit)
    return check_server_here(target, options, lambda _: None)


def failed(result: Result) -> set[str]:
    return {each.requirement.id for each in result.assessments if each.verdict == "failed"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("py:nowhere.at.all:serve", "no module nowhere here"),
        (f"py:{HERE}:nobody", "has no nobody"),
        (f"py:{HERE}:HERE", "has no HERE"),
        (f"py:{HERE}:TIMEOUT", "is float, which cannot be called"),
    ],
)
def test_what_is_not_there_is_refused(name: str, why: str) -> None:
    with pytest.raises(NotNamed, match=why):
        checked(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (f"py:{HERE}:ends_early", "The server returned before it listened"),
        (f"py:{HERE}:fails", r"RuntimeError: no database, at apps\.py:\d+ before it listened"),
        (f"py:{HERE}:listens_elsewhere", r"did not listen at port \d+, the argument of the call"),
        (f"asgi:{HERE}:does_not_start/ws", r"(?s)uvicorn ended with code 3.*no database"),
    ],
)
def test_what_does_not_start_is_told_in_words(name: str, why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        checked(name)


@pytest.mark.parametrize("disabled", [True, False])
def test_what_uvicorn_complains_of_is_told_where_its_logger_is_mute(
    monkeypatch: pytest.MonkeyPatch, disabled: bool
) -> None:
    """An application, or another server of this process, may have set its level or disabled it."""
    logger = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "disabled", disabled)
    before = logger.level, list(logger.handlers), logger.propagate
    try:
        logger.setLevel(logging.CRITICAL)
        with pytest.raises(LaunchError, match="no database"):
            checked(f"asgi:{HERE}:does_not_start/ws")
        assert (logger.level, logger.disabled) == (logging.CRITICAL, disabled)
        assert (list(logger.handlers), logger.propagate) == before[1:]
    finally:
        logger.setLevel(before[0])


def test_a_name_is_read_in_its_parts() -> None:
    assert Named.of("ASGI:shop.main:make.app/ws?a=1") == Named(
        "asgi", "shop.main", "make.app", "/ws?a=1"
    )
    assert Named.of("py:shop:serve").text == "py:shop:serve"


def test_where_uvloop_is_installed_it_is_said_that_it_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda _: None)
    assert serving.uvloop_note() is None
    monkeypatch.setattr(serving, "find_spec", lambda _: object())
    assert "uvloop" in (serving.uvloop_note() or "")


def test_an_application_is_conformant_at_production_timing() -> None:
    result = checked(f"asgi:{HERE}:plain/ws", "S-TIMEOUT-*")
    assert result.outcome == "conformant"
    assert result.duration > PRODUCTION.heartbeat_timeout + PRODUCTION.check_interval
    assert not result.notes


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("looks_in_a_thread", "conformant"), ("looks_impatiently_in_a_thread", "violated")],
)
def test_a_checker_in_a_thread_naps_in_virtual_time(name: str, outcome: str) -> None:
    begun = os.times().elapsed
    result = checked(f"asgi:{HERE}:{name}/ws", "S-TIMEOUT-*")
    assert result.outcome == outcome, result.notes
    assert os.times().elapsed - begun < PRODUCTION.latest_close


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "broken", "told"),
    [
        ("impatient", {"S-TIMEOUT-EARLIEST"}, ""),
        ("sleeps_in_a_thread", set(), "work in a thread, time.sleep"),
        ("queries", set(), ""),
        ("spawns", set(), ""),
        ("blocks_for_long", {"S-REPLY-SOON"}, "time.sleep put the event loop to sleep"),
    ],
)
def test_a_server_gets_the_verdict_that_it_deserves(name: str, broken: set[str], told: str) -> None:
    result = checked(f"asgi:{HERE}:{name}/ws", *CLOSES)
    assert failed(result) & broken == broken
    assert result.outcome == ("violated" if broken else "conformant"), result.notes
    assert told in " ".join(result.notes)


@pytest.mark.proof
def test_one_that_blocks_the_loop_a_little_is_never_called_conformant_for_nothing() -> None:
    """It answers in 0.2 s when asked once, and 200 pings at once take it 40 s."""
    result = checked(f"asgi:{HERE}:blocks/ws", *CLOSES, "S-BURST")
    assert result.outcome in ("violated", "incomplete")
    assert "time.sleep put the event loop to sleep" in " ".join(result.notes)


@pytest.fixture
def second_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    command = [sys.executable, "-c", SECOND_SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        monkeypatch.setenv(ELSEWHERE, process.stdout.readline().strip())
        try:
            yield
        finally:
            process.kill()


@pytest.mark.proof
@pytest.mark.usefixtures("second_server")
def test_one_that_asks_a_second_server_waits_for_it() -> None:
    result = checked(f"asgi:{HERE}:asks_elsewhere/ws", *CLOSES)
    assert result.outcome == "conformant", result.notes


@pytest.mark.proof
def test_a_function_of_another_library_is_conformant() -> None:
    result = checked(f"py:{HERE}:answers", *CLOSES, echo=False)
    assert result.outcome == "conformant"


def test_one_that_never_yields_ends_the_run_with_its_stack() -> None:
    result = checked(f"asgi:{HERE}:hangs/ws", "S-PONG", limit=patience.LOOK)
    assert result.outcome == "incomplete"
    assert any("did not yield" in note and "_hang" in note for note in result.notes)


def test_a_time_limit_is_one_of_real_time() -> None:
    result = checked(f"asgi:{HERE}:plain/ws", "S-PONG", limit=0.001)
    assert result.outcome == "incomplete"
    assert result.is_out_of_time


def test_virtual_time_does_not_count_towards_it() -> None:
    limit = 60.0
    result = checked(f"asgi:{HERE}:plain/ws", "S-TIMEOUT-CODE", limit=limit)
    assert result.duration > limit
    assert not result.is_out_of_time
