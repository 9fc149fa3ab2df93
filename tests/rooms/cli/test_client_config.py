"""What is asked of `wsbeat client`, and how it says what it cannot do."""

from __future__ import annotations

import socket
import sys
from importlib.machinery import ModuleSpec

import pytest

import conformance.run.client.drivers.browser as browser
from conformance.config.client import ClientGiven, requested_client
from conformance.config.error import ConfigError
from conformance.run.client.run import NoClient
from conformance.targets.client import ClientTarget
from conformance.targets.reproduce import client_options
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine

COMMAND = f"{sys.executable} client.py {{url}}"


def refused(*arguments: str, wsbeat: Wsbeat) -> str:
    """The one sentence with which a command line is refused."""
    outcome = wsbeat("client", *arguments)
    assert outcome.exit_code == 2, outcome.output
    assert outcome.output.startswith("wsbeat: ")
    assert "Traceback" not in outcome.output
    return outcome.output.removeprefix("wsbeat: ")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["No client was given", "--command", "--page", "--listen"]),
        (["--command", COMMAND, "--listen", "127.0.0.1:0"], ["More than one client"]),
        (["--command", f"{sys.executable} x.py"], ["no {url}", "env WSBEAT_URL={url}"]),
        (["--command", "nosuchprogram {url}"], ["'nosuchprogram'", "PATH"]),
        (["--command", "./nosuch {url}"], ["'./nosuch'"]),
        (["--command", "node 'x {url}"], ["cannot be read as a command"]),
        (["--command", " "], ["is empty"]),
        (["--page", "http://127.0.0.1/"], ["no {url}", "?ws={url}"]),
        (["--page", "ws://127.0.0.1/{url}"], ["no page", "http://"]),
        (["--listen", "8765"], ["HOST:PORT"]),
        (["--listen", "127.0.0.1:http"], ["HOST:PORT"]),
        (["--listen", "127.0.0.1:70000"], ["HOST:PORT"]),
        (["--listen", "192.0.2.1:0"], ["cannot listen on 192.0.2.1:0"]),
        (["--listen", "127.0.0.1:0", "--client-env", "X"], ["--client-env is for --command"]),
        (["--command", COMMAND, "--client-env", "A=b"], ["no name of an environment variable"]),
        (["--command", COMMAND, "--http", "no/such"], ["--http", "cannot be read", "the ticket"]),
        (["--command", COMMAND, "--http", "."], ["--http", "cannot be read"]),
        (["--command", COMMAND, "--timing", "slow"], ["--timing", "slow"]),
        (["--command", COMMAND, "--select", "S-PONG"], ["requirement on a client"]),
        (
            ["--listen", "127.0.0.1:0", "--select", "C-TLS-VERIFY"],
            ["C-TLS-VERIFY: A client that merely connects cannot be told to do so over TLS."],
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], parts: list[str], wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    said = refused(*arguments, wsbeat=wsbeat)
    for part in parts:
        assert part in said


def test_an_address_that_is_taken_is_refused(wsbeat: Wsbeat) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert "Address already in use" in refused("--listen", address, wsbeat=wsbeat)


def test_without_playwright_it_is_said_how_to_get_it(
    wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find_spec", lambda _: None)
    said = refused("--page", "http://127.0.0.1/?ws={url}", wsbeat=wsbeat)
    assert 'pip install "wsbeat[browser]"' in said


def test_without_chromium_it_is_said_how_to_get_it(
    wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr("conformance.run.client.drivers.browser.shutil.which", lambda _: None)
    assert "chromium" in refused("--page", "http://127.0.0.1/?ws={url}", wsbeat=wsbeat)


def test_what_is_asked_for_reaches_the_run(wsbeat: Wsbeat, engine: Engine) -> None:
    outcome = wsbeat(
        "client", "--command", COMMAND, "--timing", "fast", "--select", "C-*", "--exclude",
        "C-STAY", "--strict", "--seed", "7", "--examples", "9", "--client-env", "CA_FILE",
        "--server-ping", "--no-echo",
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome.output
    target, options = engine.clients[-1]
    assert (target.driver, target.given, target.timing.name) == ("command", COMMAND, "fast")
    assert target.trust == ("CA_FILE",)
    assert target.capabilities.to_json() == {
        "echo": False, "server_ping": True, "inbound_liveness": False,
    }  # fmt: skip
    assert (options.select, options.exclude, options.strict) == (("C-*",), ("C-STAY",), True)
    assert (options.seed, options.examples) == (7, 9)


def test_nobody_comes(wsbeat: Wsbeat, engine: Engine) -> None:
    engine.answer = NoClient("The client ended before it connected (exit code 1).")
    outcome = wsbeat("client", "--command", COMMAND)
    assert outcome.exit_code == 3
    assert "wsbeat: The client ended before it connected (exit code 1)." in outcome.output


def test_whoever_listens_says_where() -> None:
    target, _ = requested_client(ClientGiven({"listen": "127.0.0.1:0"}))
    assert target.given.startswith("127.0.0.1:")
    assert not target.given.endswith(":0")


def test_the_password_of_a_page_is_not_shown() -> None:
    if browser.missing_browser():
        pytest.skip("needs Playwright and Chromium")
    target, _ = requested_client(ClientGiven({"page": "http://me:secret@127.0.0.1/?ws={url}"}))
    assert "secret" not in target.shown + " ".join(client_options(target))
    assert "{url}" in target.shown
    with pytest.raises(ConfigError) as refused:
        requested_client(ClientGiven({"page": "http://me:secret@127.0.0.1/"}))
    assert "secret" not in str(refused.value)


def test_the_command_that_reproduces_it_is_the_one_that_was_given() -> None:
    given = ClientGiven(
        {"command": COMMAND},
        timing="fast",
        trust=("CA",),
        server_ping=True,
        no_echo=True,
        http=__file__,
    )
    target, _ = requested_client(given)
    assert isinstance(target, ClientTarget)
    assert client_options(target) == [
        "--command", COMMAND, "--timing", "fast",
        "--client-env", "CA", "--http", __file__, "--no-echo", "--server-ping",
    ]  # fmt: skip
