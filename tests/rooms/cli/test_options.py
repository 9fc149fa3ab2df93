"""Every option of `wsbeat server` has its effect on the target, the options or the reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import spec
from conformance.cli.app import COMMANDS, command_named
from conformance.targets.crowd import Crowd
from conformance.targets.load_limits import STRANGERS_CONNECTIONS, STRANGERS_RATE
from conformance.targets.options import DEFAULT_EXAMPLES, Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.traces.notation import trace_of

URL = "ws://127.0.0.1:8765/ws"
SECURE = "wss://example.org/ws"
APPLICATION = "asgi:shop.main:app/ws"

EFFECTS: dict[str, tuple[tuple[str, ...], Callable[[Target, Options], bool]]] = {
    "--dialect": (("--dialect", "plain-text"), lambda t, _: t.dialect.name == "plain-text"
                  and t.timing.heartbeat_interval == 25 and not t.capabilities.echo),
    "--timing": (("--timing", "fast"), lambda t, _: t.timing == spec.load_timing("fast")
                 and t.timing_source == "fast"),
    "--command": (("--command", "serve {port}"), lambda t, _: t.command == "serve {port}"),
    "--virtual": (("--virtual",), lambda t, _: t.within == APPLICATION),
    "--config": (("--config", "some.toml"), lambda t, o: o.seed == 99),
    "--select": (("--select", "S-P*", "--select", "S-ECHO"),
                 lambda _, o: o.select == ("S-P*", "S-ECHO")),
    "--exclude": (("--exclude", "S-DROP"), lambda _, o: o.exclude == ("S-DROP",)),
    "--known-failing": (("--known-failing", "known.toml"),
                        lambda _, o: [each.requirement for each in o.known_failing] == ["S-DROP"]),
    "--update-known-failing": (("--update-known-failing", "--known-failing", "new.toml"),
                               lambda _, o: o.updates_known_failing and not o.known_failing),
    "--protocol": (("--protocol", "1.0"), lambda _, o: o.protocol == "1.0"),
    "--manual": (("--manual", "https://docs.example/"),
                 lambda _, o: o.manual == "https://docs.example/"),
    "--strict": (("--strict",), lambda _, o: o.strict),
    "--seed": (("--seed", "7"), lambda _, o: o.seed == 7),
    "--examples": (("--examples", "5"), lambda _, o: o.examples == 5),
    "--json": (("--json", "r.json"), lambda *_: Path("r.json").read_text().startswith("{")),
    "--junit": (("--junit", "r.xml"), lambda *_: "<testsuite" in Path("r.xml").read_text()),
    "--markdown": (("--markdown", "r.md"), lambda *_: "## wsbeat" in Path("r.md").read_text()),
    "--html": (("--html", "r.html"), lambda *_: "<!doctype" in Path("r.html").read_text()),
    "--badge": (("--badge", "b.json"), lambda *_: "schemaVersion" in Path("b.json").read_text()),
    "--standalone": (("--standalone", "s.py"), lambda *_: "Nothing" in Path("s.py").read_text()),
    "--replay": (("--replay", "seen.jsonl", "--timing", "fast"), lambda _, o: o.replay is not None),
    "--traces": (("--traces", "kept"), lambda _, o: o.traces == "kept" and Path("kept").is_dir()),
    "--header": (("--header", "X-Key: a: b", "--header", "Cookie: c=d"),
                 lambda t, _: t.headers == {"X-Key": "a: b", "Cookie": "c=d"}),
    "--subprotocol": (("--subprotocol", "chat", "--subprotocol", "v2"),
                      lambda t, _: t.subprotocols == ("chat", "v2")),
    "--origin": (("--origin", "https://a.example"), lambda t, _: t.origin == "https://a.example"),
    "--cafile": (("--cafile", "ca.pem"), lambda t, _: t.cafile == "ca.pem"),
    "--insecure": (("--insecure",), lambda t, _: t.insecure),
    "--client-cert": (("--client-cert", "a,b"), lambda t, _: t.client_cert == "a,b"),
    "--behind-proxy": (("--behind-proxy", SECURE), lambda t, _: t.behind_proxy == SECURE),
    "--compression": (("--compression",), lambda t, _: t.compression),
    "--max-message": (("--max-message", "70000"), lambda t, _: t.max_message == 70000),
    "--max-connections": (("--max-connections", "9"), lambda t, _: t.max_connections == 9),
    "--rate": (("--rate", "0.5"), lambda t, _: t.rate == 0.5),
    "--time-limit": (("--time-limit", "60"), lambda _, o: o.time_limit == 60),
    "--fail-fast": (("--fail-fast",), lambda _, o: o.fail_fast),
    "--no-echo": (("--no-echo",), lambda t, _: t.capabilities == Capabilities(echo=False)),
    "--server-ping": (("--server-ping",), lambda t, _: t.capabilities == Capabilities(True, True)),
    "--inbound-liveness": (("--inbound-liveness",),
                           lambda t, _: t.capabilities == Capabilities(inbound_liveness=True)),
    "--one-per-user": (("--one-per-user",),
                       lambda t, _: t.capabilities == Capabilities(one_per_user=True)),
    "--crowd": (("--crowd", "100,300"), lambda _, o: crowd_of(o).sizes == (100, 300)),
    "--for": (("--crowd", "100", "--for", "9"), lambda _, o: crowd_of(o).lasting == 9),
    "--ramp": (("--crowd", "100", "--ramp", "2"), lambda _, o: crowd_of(o).ramp == 2),
    "--mix": (("--crowd", "100", "--mix", "mix.toml"),
              lambda _, o: crowd_of(o).mix == {"pings": 3, "resets": 1}),
    "--workers": (("--crowd", "100", "--workers", "3"), lambda _, o: crowd_of(o).workers == 3),
    "--scheduler": (("--crowd", "100", "--scheduler", "tcp://a:8786"),
                    lambda _, o: crowd_of(o).scheduler == "tcp://a:8786"),
}  # fmt: skip


def crowd_of(options: Options) -> Crowd:
    return options.crowd or Crowd(())


def options_of(command: str) -> list[str]:
    return [
        parameter.opts[0]
        for parameter in command_named(command).params
        if isinstance(parameter, click.Option)
    ]


def test_every_option_is_tested_here() -> None:
    assert sorted(EFFECTS) == sorted(options_of("server"))


@pytest.mark.parametrize("option", EFFECTS)
def test_every_option_has_its_effect(option: str, wsbeat: Wsbeat, engine: Engine) -> None:
    Path("some.toml").write_text("seed = 99")
    Path("known.toml").write_text(
        "[[known_failing]]\nrequirement = 'S-DROP'\nreason = 'so'\nexpires = 2099-01-01\n"
    )
    Path("seen.jsonl").write_text(
        "".join(f"{line}\n" for line in trace_of("0.1 opening").to_lines())
    )
    Path("mix.toml").write_text("pings = 3\nresets = 1\n")
    words, has_effect = EFFECTS[option]
    url = SECURE if option in ("--cafile", "--insecure", "--client-cert") else URL
    plain = wsbeat("server", url)
    assert plain.exit_code == 0, plain.output
    try:
        without = has_effect(engine.target, engine.options)
    except FileNotFoundError:
        without = False
    assert not without
    # A server that wsbeat starts itself listens where wsbeat wants it to.
    named = {"--command": (), "--virtual": (APPLICATION,)}.get(option, (url,))
    outcome = wsbeat("server", *named, *words)
    assert outcome.exit_code == 0, outcome.output
    assert has_effect(engine.target, engine.options)


def test_nothing_said_is_the_defaults(wsbeat: Wsbeat, engine: Engine) -> None:
    assert wsbeat("server", URL).exit_code == 0
    assert engine.target == Target(URL, spec.load_timing("production"))
    assert engine.options == Options(examples=DEFAULT_EXAMPLES)


@pytest.mark.parametrize("command", ["server", "demo", "judge"])
def test_the_help_names_every_report(command: str, wsbeat: Wsbeat) -> None:
    text = wsbeat(command, "--help").output
    for option in ("--json", "--junit", "--markdown", "--html"):
        assert option in text


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str, wsbeat: Wsbeat) -> None:
    for option in ("--help", "-h"):
        outcome = wsbeat(*filter(None, [command, option]))
        assert outcome.exit_code == 0
        assert outcome.output.startswith("Usage: ")


def test_the_commands_are_those_of_this_version() -> None:
    assert list(COMMANDS) == [
        "server", "client", "serve", "connect", "demo", "list", "explain", "dialect", "judge",
        "compare", "init",
    ]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_first(name: str) -> None:
    first, _, _ = (command_named(name).help or "").partition("\n\n")
    _, told = COMMANDS[name]
    assert " ".join(first.split()).startswith(told)


def test_defaults_in_the_help_are_the_real_ones(wsbeat: Wsbeat) -> None:
    text = wsbeat("server", "--help").output
    assert f"[{DEFAULT_EXAMPLES}]" in text
    assert "[production]" in text
    assert "[0]" in text
    words = " ".join(text.split())
    for limit in (STRANGERS_CONNECTIONS, STRANGERS_RATE):
        assert f"[{limit:g} unless the host is this machine]" in words


def test_a_report_on_standard_output_stands_there_alone(wsbeat: Wsbeat) -> None:
    outcome = wsbeat("server", URL, "--json", "-")
    assert json.loads(outcome.stdout)["outcome"] == "conformant"
    assert "conformant (exit code 0)" in outcome.stderr


def test_the_report_goes_to_standard_output_and_progress_does_not(wsbeat: Wsbeat) -> None:
    outcome = wsbeat("server", URL)
    assert outcome.stdout.splitlines()[-1] == "conformant (exit code 0): 1 passed"
    assert outcome.stderr.splitlines() == [
        f"checking {URL} at production timing",
        "20 requirements, 14 scenarios, up to 60 connections, about 4 s",
        "  12 s of about 134 s: 3 of 14 scenarios done",
    ]


def test_secrets_reach_the_target_and_no_output(wsbeat: Wsbeat, engine: Engine) -> None:
    outcome = wsbeat(
        "server", "ws://me:s3cret@localhost/ws", "--header", "Authorization: Bearer t0ken",
        "--json", "r.json", "--junit", "r.xml", "--markdown", "r.md", "--html", "r.html",
    )  # fmt: skip
    assert outcome.exit_code == 0
    assert engine.target.url == "ws://me:s3cret@localhost/ws"
    assert engine.target.headers == {"Authorization": "Bearer t0ken"}
    told = outcome.output + "".join(file.read_text() for file in Path().iterdir())
    assert "s3cret" not in told
    assert "t0ken" not in told
