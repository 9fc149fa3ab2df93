"""A client's wsbeat.toml says what the command line does not; a folder's own is found by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import spec
from conformance.config.client import ClientGiven, completed, requested_client
from conformance.config.error import ConfigError
from conformance.config.file import OF_ONE_ROLE
from conformance.run.client.drivers import DRIVERS
from conformance.targets.options import Options
from conformance.targets.reproduce import command_to_see
from conformance.trace.trace import Capabilities
from tests.rooms.cli.conftest import Wsbeat, wsbeat
from tests.rooms.cli.engine import Engine

__all__ = ["wsbeat"]

COMMAND = f"{sys.executable} client.py {{url}}"
WHOLE = f"""
role = "client"
command = "{COMMAND}"
timing = "fast"
client_env = ["MY_CA"]
http = "ticket.json"
select = ["C-*"]
exclude = ["C-STAY"]
strict = true
protocol = "1.0"
known_failing = "known.toml"
manual = "https://docs.example/wsbeat"
seed = 7
examples = 500
[capabilities]
echo = false
server_ping = true
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    stand_in = Engine()
    monkeypatch.setattr("conformance.run.check.check_server", stand_in.check_server)
    monkeypatch.setattr("conformance.run.check.check_client", stand_in.check_client)
    return stand_in


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    (tmp_path / "ticket.json").write_text("{}")
    (tmp_path / "known.toml").write_text("")
    return tmp_path / "wsbeat.toml"


def test_every_key_has_its_effect(toml: Path) -> None:
    toml.write_text(WHOLE)
    target, options = requested_client(completed(ClientGiven(), str(toml)))
    assert (target.driver, target.given, target.trust) == ("command", COMMAND, ("MY_CA",))
    assert (target.timing, target.timing_source) == (spec.load_timing("fast"), "fast")
    assert target.http == str(toml.parent / "ticket.json")
    assert target.capabilities == Capabilities(echo=False, server_ping=True)
    assert (options.select, options.exclude, options.strict) == (("C-*",), ("C-STAY",), True)
    assert (options.seed, options.examples, options.protocol) == (7, 500, "1.0")
    assert options.known_failing_file == str(toml.parent / "known.toml")
    assert options.manual == "https://docs.example/wsbeat"
    assert f"--config {toml}" in command_to_see("C-STAY", target, options, None)


def test_the_command_line_wins(toml: Path) -> None:
    toml.write_text(WHOLE)
    given = ClientGiven({"listen": "127.0.0.1:0"}, timing="production", seed=0, select=("C-P*",))
    with pytest.raises(ConfigError, match="--client-env is for --command"):
        requested_client(completed(given, str(toml)))
    toml.write_text(WHOLE.replace('client_env = ["MY_CA"]\n', ""))
    target, options = requested_client(completed(given, str(toml)))
    assert (target.driver, target.timing.name) == ("listen", "production")
    assert (options.seed, options.select, options.examples) == (0, ("C-P*",), 500)


def test_a_timing_may_stand_in_it(toml: Path) -> None:
    numbers = spec.load_timing("fast").to_json() | {"name": "ours"}
    table = "".join(f"{name} = {value!r}\n" for name, value in numbers.items())
    toml.write_text(f'role = "client"\ncommand = "{COMMAND}"\n[timing]\n{table}')
    target, _ = requested_client(completed(ClientGiven(), str(toml)))
    assert (target.timing.name, target.timing_source) == ("ours", "ours")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (f'command = "{COMMAND}"', ["role", 'role = "client"']),
        ('role = "client"\nurl = "ws://h/"', ["url: it is for a server"]),
        ('role = "client"\n[capabilities]\ninbound_liveness = true', ["it is for a server"]),
        ('role = "client"', ["No client was given"]),
    ],
)
def test_what_is_for_another_role_is_refused(toml: Path, content: str, parts: list[str]) -> None:
    toml.write_text(content)
    with pytest.raises(ConfigError) as refused:
        requested_client(completed(ClientGiven(), str(toml)))
    for part in parts:
        assert part in str(refused.value)


def test_every_way_of_handing_over_is_a_key() -> None:
    keys = spec.schema("target")["properties"]
    assert {row.name for row in DRIVERS} <= keys.keys()
    assert OF_ONE_ROLE["server"] | OF_ONE_ROLE["client"] <= keys.keys()


def test_the_file_of_the_folder_is_read_where_nothing_is_said(
    wsbeat: Wsbeat, engine: Engine
) -> None:
    Path("wsbeat.toml").write_text('url = "ws://ours/"\nseed = 99\n[headers]\nCookie = "s3cr3t"\n')
    assert wsbeat("server").exit_code == 0
    assert (engine.target.url, engine.options.seed) == ("ws://ours/", 99)
    assert wsbeat("server", "ws://theirs/").exit_code == 0
    assert (engine.target.headers, engine.options.seed) == ({}, 0)
    assert "wsbeat.toml, role: it is of a server" in wsbeat("client").output
    Path("wsbeat.toml").write_text(f'role = "client"\ncommand = "{COMMAND}"\nseed = 99\n')
    assert wsbeat("client").exit_code == 0
    assert engine.clients[-1][1].seed == 99
    assert wsbeat("client", "--command", COMMAND).exit_code == 0
    assert engine.clients[-1][1].seed == 0
    assert "wsbeat.toml, role: it is of a client" in wsbeat("server").output


def test_a_dialect_is_a_shipped_one_or_a_file_beside_this(toml: Path) -> None:
    toml.write_text(f'role = "client"\ncommand = "{COMMAND}"\ndialect = "phoenix-2"\n')
    target, _ = requested_client(completed(ClientGiven(), str(toml)))
    assert target.dialect.name == target.timing.name == "phoenix-2"
    assert not target.capabilities.echo
    text = 'dialect = 1\nname = "ours"\n[ping]\nby = "server"\ntext = "2"\n[pong]\ntext = "3"\n'
    (toml.parent / "hb.toml").write_text(text)
    toml.write_text(f'role = "client"\ncommand = "{COMMAND}"\ndialect = "hb.toml"\n')
    target, _ = requested_client(completed(ClientGiven(), str(toml)))
    assert target.dialect.server_pings
    assert "--server-ping" not in command_to_see("B-CLIENT-PONG", target, Options(), None)
