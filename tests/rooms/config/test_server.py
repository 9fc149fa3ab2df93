"""What a wsbeat.toml and the command line say together, and what is refused, in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spec
from conformance.config.error import ConfigError
from conformance.config.file import OF_ONE_ROLE, read
from conformance.config.server import Given, requested
from conformance.config.url import checked_url
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities

URL = "ws://127.0.0.1:8765/ws"


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "wsbeat.toml"


def test_every_member_that_is_acted_on_has_its_effect(toml: Path) -> None:
    toml.write_text("""
        url = "wss://chat.example/ws"
        role = "server"
        timing = "fast"
        subprotocols = ["chat"]
        origin = "https://chat.example"
        cafile = "ca.pem"
        insecure = false
        select = ["S-*"]
        exclude = ["S-DROP"]
        strict = true
        seed = 7
        examples = 500
        known_failing = "known.toml"
        manual = "https://docs.example/wsbeat"
        [headers]
        Authorization = "Bearer s3cr3t"
        [capabilities]
        echo = false
        inbound_liveness = true
        one_per_user = true
    """)
    (toml.parent / "known.toml").write_text("")
    target, options = requested(Given(), str(toml))
    assert target == Target(
        url="wss://chat.example/ws",
        timing=spec.load_timing("fast"),
        timing_source="fast",
        capabilities=Capabilities(echo=False, inbound_liveness=True, one_per_user=True),
        headers={"Authorization": "Bearer s3cr3t"},
        subprotocols=("chat",),
        origin="https://chat.example",
        cafile=str(toml.parent / "ca.pem"),
    )
    assert options == Options(
        ("S-*",),
        ("S-DROP",),
        strict=True,
        seed=7,
        examples=500,
        config=str(toml),
        known_failing_file=str(toml.parent / "known.toml"),
        manual="https://docs.example/wsbeat",
    )


def test_what_is_kept_lies_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert requested(Given(url="ws://h/"), None)[1].drawn == "/var/cache/me/wsbeat/drawn"


def test_insecure_can_stand_in_the_file(toml: Path) -> None:
    toml.write_text('url = "wss://localhost/"\ninsecure = true')
    assert requested(Given(), str(toml))[0].insecure


def test_the_command_line_wins(toml: Path) -> None:
    toml.write_text("""
        url = "ws://file/"
        timing = "production"
        select = ["S-A*"]
        exclude = ["S-B*"]
        seed = 1
        examples = 1
        origin = "https://file"
        subprotocols = ["file"]
        [headers]
        X-One = "file"
        X-Two = "file"
    """)
    given = Given(
        url="ws://line/", timing="fast", select=("S-C*",), exclude=("S-D*",), seed=0, examples=2,
        origin="https://line", subprotocols=("line",), headers=("x-one: line",), no_echo=True,
    )  # fmt: skip
    target, options = requested(given, str(toml))
    assert (target.url, target.timing.name, target.origin) == ("ws://line/", "fast", "https://line")
    assert target.subprotocols == ("line",)
    assert target.headers == {"X-Two": "file", "x-one": "line"}
    assert not target.capabilities.echo
    assert options == Options(("S-C*",), ("S-D*",), seed=0, examples=2, config=str(toml))


def test_a_timing_file_is_found_beside_the_config(toml: Path) -> None:
    document = spec.load_timing("fast").to_json() | {"name": "ours"}
    (toml.parent / "ours.json").write_text(json.dumps(document))
    toml.write_text(f'url = "{URL}"\ntiming = "ours.json"')
    target, _ = requested(Given(), str(toml))
    assert target.timing.name == "ours"
    assert target.timing_source == str(toml.parent / "ours.json")


def test_a_timing_can_stand_in_the_file_itself(toml: Path) -> None:
    members = spec.load_timing("fast").to_json() | {"name": "inline"}
    table = "\n".join(
        f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in members.items()
    )
    toml.write_text(f'url = "{URL}"\n[timing]\n{table}')
    assert requested(Given(), str(toml))[0].timing.name == "inline"


def test_a_file_that_is_not_named_is_not_read(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toml.parent)
    toml.write_text("seed = 99")
    assert requested(Given(url=URL), None)[1].seed == 0


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("seed = ]", ["is not TOML", "line 2"]),
        ("sed = 1", ['a member "sed"', 'did you mean "seed"?']),
        ('seed = "x"', ["seed: expected integer", '"x"']),
        ("examples = 0", ["examples: expected 1 or more", "found 0"]),
        ('url = "http://host/"', ["url", "Did you mean ws://host/?"]),
        ('url = "asgi:app"', ["names no application", "asgi:PACKAGE.MODULE:NAME/PATH"]),
        ('role = "client"', ["role", "wsbeat client"]),
        ('page = "http://host/?ws={url}"', ["page", "it is for a client"]),
        ("[capabilities]\necko = true", ["capabilities", 'did you mean "echo"?']),
        ('timing = "fsat"', ["timing", "no such file"]),
        ("[timing]\nname = 'x'", ["timing"]),
        ("[headers]\n'X Y' = 'v'", ["headers.X Y", "no name of a header field"]),
        ('cafile = "a"\nurl = "ws://h/"', ["cafile is for wss:// URLs"]),
        ("max_message = 5", ["max_message", "65536"]),
        ('url = "ws+unix:app.sock"', ["leads nowhere", "ws+unix:/PATH"]),
        ('url = "ws://ann@host/"', ["user name without a password"]),
        ("", ["No URL was given"]),
    ],
)
def test_what_cannot_be_acted_on_is_refused_in_words(
    content: str, parts: list[str], toml: Path
) -> None:
    toml.write_text(content if "url" in content or not content else f'url = "{URL}"\n{content}')
    with pytest.raises(ConfigError) as refused:
        requested(Given(), str(toml))
    for part in parts:
        assert part in str(refused.value)
    if content and "cafile" not in content:
        assert str(toml) in str(refused.value)


def test_capabilities_of_file_and_command_line_add_up(toml: Path) -> None:
    toml.write_text(f'url = "{URL}"\n[capabilities]\nserver_ping = true\n')
    target, _ = requested(Given(inbound_liveness=True, no_echo=True), str(toml))
    assert target.capabilities == Capabilities(False, True, True)


def test_every_member_of_the_schema_is_acted_on_or_refused(toml: Path) -> None:
    acted_on = {"url", "role", "timing", "headers", "subprotocols", "origin", "cafile", "insecure",
                "capabilities", "select", "exclude", "strict", "seed", "examples", "client_cert",
                "behind_proxy", "compression", "max_message", "max_connections", "rate",
                "time_limit", "command", "known_failing", "protocol", "manual", "dialect",
                *OF_ONE_ROLE["client"]}  # fmt: skip
    assert acted_on == set(spec.schema("target")["properties"])


@pytest.mark.parametrize("value", ['"Bearer s3cr3t"', '{ Authorization = ["s3cr3t"] }'])
def test_no_message_shows_a_header_value(value: str, toml: Path) -> None:
    toml.write_text(f'url = "{URL}"\nheaders = {value}')
    with pytest.raises(ConfigError, match="headers") as refused:
        requested(Given(), str(toml))
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("missing", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_named(missing: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file|cannot be read"):
        read(tmp_path / missing)


@pytest.mark.parametrize(
    "url",
    [
        "ws://localhost",
        "wss://a.example:8443/ws?x=1",
        "ws://[::1]:80/",
        "WS://HOST/",
        "ws://u:p@h/",
    ],
)
def test_good_urls_stay_as_they_are(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://host/ws", "Did you mean ws://host/ws?"),
        ("https://host/ws", "Did you mean wss://host/ws?"),
        ("localhost:8765/ws", "Did you mean ws://localhost:8765/ws?"),
        ("127.0.0.1", "Did you mean ws://127.0.0.1?"),
        ("ftp://host/", "Expected ws:// or wss://"),
        ("ws:///ws", "names no host"),
        ("ws:host", "names no host"),
        ("ws://host/#top", "fragment"),
        ("ws://host/#", "fragment"),
        ("ws://host:99999/", "is no URL"),
        ("ws://host:port/", "is no URL"),
        ("ws://host:0/", "port 0"),
        ("ws://[::1/", "is no URL"),
        ("ws://ho st/", "white space"),
        ("ws://host/\x1b[31m", "<ESC>"),
        ("", "has no scheme"),
    ],
)
def test_bad_urls_are_refused_in_words(url: str, part: str) -> None:
    with pytest.raises(ConfigError) as refused:
        checked_url(url)
    assert part in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_no_message_shows_a_password() -> None:
    with pytest.raises(ConfigError) as refused:
        checked_url("http://me:s3cr3t@host/")
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        (("Bearer s3cr3t",), "has no colon"),
        (("s3cr3t value: x",), "no name of a header field"),
        ((": s3cr3t",), "no name of a header field"),
        (("X-A: s3cr3t", "x-a: s3cr3t"), "given twice"),
        (("X-A: s3cr3t\r\nX-B: x",), "visible ASCII"),
        (("X-A: s3cr3t-é",), "visible ASCII"),
        (("Sec-WebSocket-Key: s3cr3t",), "the handshake sets it"),
        (("Sec-WebSocket-Protocol: chat",), "use --subprotocol"),
        (("Origin: https://s3cr3t",), "use --origin"),
        (("Host: s3cr3t",), "the handshake sets it"),
    ],
)
def test_bad_headers_are_refused_without_showing_them(headers: tuple[str, ...], part: str) -> None:
    with pytest.raises(ConfigError) as refused:
        requested(Given(url=URL, headers=headers), None)
    assert part in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("names", [("a b",), ("",), ("a,b",), ("a", "a")])
def test_bad_subprotocols_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"[Ss]ubprotocol"):
        requested(Given(url=URL, subprotocols=names), None)


def test_a_proxy_leads_to_a_server_that_runs_already() -> None:
    proxied = "wss://user:s3cr3t@edge.example/ws"
    target, _ = requested(Given(url=URL, behind_proxy=proxied, cafile="ca.pem"), None)
    assert target.through_proxies is not None
    assert target.through_proxies.address == proxied
    assert "s3cr3t" in target.secrets
    for given, part in (
        (Given(command="serve {port}", behind_proxy=proxied), "--command"),
        (Given(url="asgi:shop:app", virtual=True, behind_proxy=proxied), "--virtual"),
        (Given(url=URL, crowd="100", behind_proxy=proxied), "--crowd"),
        (Given(url=URL, dialect="trpc", behind_proxy=proxied), "--dialect"),
        (Given(url=URL, behind_proxy="https://edge.example/ws"), "Did you mean wss:"),
    ):
        with pytest.raises(ConfigError, match=part) as refused:
            requested(given, None)
        assert "--behind-proxy" in str(refused.value)
        assert "s3cr3t" not in str(refused.value)


def test_options_of_tls_are_refused_where_nothing_would_come_of_them() -> None:
    for given in (Given(url=URL, cafile="a"), Given(url=URL, insecure=True)):
        with pytest.raises(ConfigError, match="is for wss:// URLs"):
            requested(given, None)
    with pytest.raises(ConfigError, match="exclude each other"):
        requested(Given(url="wss://h/", cafile="a", insecure=True), None)
