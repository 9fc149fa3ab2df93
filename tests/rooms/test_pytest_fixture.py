"""The fixture `wsbeat`: a peer at hand is checked, and a failure is the page of the console."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.pytest_fixture import Checked, NotConformant, Wsbeat
from tests.rooms.run.within import apps, clients

FEW: dict[str, Any] = {"select": ("S-PONG", "B-TIMEOUT"), "examples": 1}


@pytest.fixture(scope="module")
def plain(wsbeat: Wsbeat) -> Checked:
    return wsbeat.server(apps.plain, path="/ws", **FEW)


def test_an_application_is_conformant(plain: Checked) -> None:
    plain.assert_conformant()
    plain.requirement("S-PONG")
    assert plain.result.target.timing.name == "production"
    assert plain.result.target.shown == "asgi:tests.rooms.run.within.apps:plain/ws in virtual time"


def test_a_name_is_one_that_a_command_has(wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of a file that was loaded from its path; and a module may be no module at all."""
    loaded = {
        "something": object(),
        "by-hand": SimpleNamespace(plain=apps.plain),
        "test_by_hand": SimpleNamespace(plain=apps.plain),
    }
    monkeypatch.setattr(sys, "modules", loaded | sys.modules)
    found = wsbeat.server(apps.plain, path="/ws", **FEW)
    assert found.result.target.shown == "asgi:tests.rooms.run.within.apps:plain/ws in virtual time"


def test_a_text_names_what_is_to_be_checked(wsbeat: Wsbeat) -> None:
    """A path need not begin with a slash, and one requirement need not be in a tuple."""
    found = wsbeat.server(
        "tests.rooms.run.within.apps:plain", path="ws", select="S-PONG", examples=1
    )
    assert found.result.target.shown == "asgi:tests.rooms.run.within.apps:plain/ws in virtual time"
    found.assert_conformant()


@pytest.mark.parametrize(
    ("option", "said"),
    [("noecho", "wsbeat has no option noecho. Did you mean no_echo?"), ("xyz", "no option xyz.")],
)
def test_what_is_no_option_is_an_error(wsbeat: Wsbeat, option: str, said: str) -> None:
    told: dict[str, Any] = {option: True}
    with pytest.raises(TypeError, match=re.escape(said)):
        wsbeat.server(apps.plain, path="/ws", **told)
    with pytest.raises(TypeError, match=re.escape(said)):
        wsbeat.client(clients.reference, **told)


def test_what_is_not_applicable_is_skipped(plain: Checked) -> None:
    with pytest.raises(pytest.skip.Exception, match="B-TIMEOUT: The target"):
        plain.requirement("B-TIMEOUT")


def test_what_is_no_requirement_is_an_error(plain: Checked) -> None:
    with pytest.raises(ValueError, match="no requirement S-NONE on a server"):
        plain.requirement("S-NONE")


@pytest.mark.proof
def test_a_failure_is_the_page_of_the_console(wsbeat: Wsbeat) -> None:
    slow = wsbeat.server(apps.blocks_for_long, path="/ws", select=("S-REPLY-SOON",), examples=1)
    with pytest.raises(NotConformant) as raised:
        slow.requirement("S-REPLY-SOON")
    page = str(raised.value)
    assert page.lstrip().startswith("-- S-REPLY-SOON failed")
    with pytest.raises(NotConformant) as raised:
        slow.assert_conformant()
    assert page.splitlines()[2] in str(raised.value)
    assert "violated (exit code 1)" in str(raised.value)
    command = " ".join(page.partition("reproduce")[2].replace("\\", "").split())
    assert command.startswith(
        "wsbeat server asgi:tests.rooms.run.within.apps:blocks_for_long/ws --virtual"
    ), page


@pytest.mark.proof
def test_no_command_is_given_for_what_no_module_has(wsbeat: Wsbeat) -> None:
    async def blocks(scope: Any, receive: Any, send: Any) -> None:
        await apps.blocks_for_long(scope, receive, send)

    slow = wsbeat.server(blocks, path="/ws", select=("S-REPLY-SOON",), examples=1)
    with pytest.raises(NotConformant) as raised:
        slow.requirement("S-REPLY-SOON")
    assert slow.result.target.shown.startswith("asgi:tests.rooms.test_pytest_fixture:test_no_")
    page = str(raised.value)
    assert "exchange" in page
    assert not {"reproduce", "replay", "hand over"} & {*page.split("  ")}, page


@pytest.mark.proof
def test_a_function_is_a_server_too(wsbeat: Wsbeat) -> None:
    found = wsbeat.server(apps.answers, function=True, no_echo=True, **FEW)
    found.requirement("S-PONG")


@pytest.mark.proof
def test_a_client_is_checked(wsbeat: Wsbeat) -> None:
    found = wsbeat.client(clients.reference, select=("C-PING-FORM",), examples=1)
    found.assert_conformant()
    found.requirement("C-PING-FORM")


def test_within_another_loop_it_is_refused(wsbeat: Wsbeat) -> None:
    async def check() -> None:
        wsbeat.server(apps.plain, path="/ws")

    with pytest.raises(RuntimeError, match="without async"):
        asyncio.run(check())


def test_within_a_loop_of_trio_it_is_refused(
    wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `anyio` test is run twice: in asyncio's loop, and in that of trio."""
    running = SimpleNamespace(lowlevel=SimpleNamespace(in_trio_run=lambda: True))
    monkeypatch.setitem(sys.modules, "trio", running)
    with pytest.raises(RuntimeError, match="without async"):
        wsbeat.server(apps.plain, path="/ws")


def test_the_entry_point_loads_nothing_of_the_suite() -> None:
    code = (
        "import sys, pytest_wsbeat; "
        "assert not {'conformance', 'spec', 'hypothesis', 'time_machine'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
