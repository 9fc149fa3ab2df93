"""Every option of `wsbeat client` has its effect, and options of the other role are refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.trace.trace import Capabilities
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.rooms.cli.test_options import URL, options_of
from tests.traces.notation import trace_of

COMMAND = f"{sys.executable} client.py {{url}}"
PAGE = "http://127.0.0.1/?ws={url}"
GIVEN: dict[str, tuple[str, ...]] = {
    "--listen": ("--listen", "127.0.0.1:0"),
    "--page": ("--page", PAGE),
    "--virtual": ("py:shop.client:main",),
}
"""How a client is handed over, where it is not with a command."""

EFFECTS: dict[str, tuple[tuple[str, ...], Callable[[ClientTarget, Options], bool]]] = {
    "--command": ((), lambda t, _: (t.driver, t.given) == ("command", COMMAND)),
    "--page": ((), lambda t, _: (t.driver, t.given) == ("page", PAGE)),
    "--listen": ((), lambda t, _: t.driver == "listen"),
    "--virtual": (("--virtual",), lambda t, _: t.is_virtual and t.given == "py:shop.client:main"),
    "--dialect": (("--dialect", "plain-text"), lambda t, _: t.dialect.name == "plain-text"
                  and not t.capabilities.echo and t.timing.name == "plain-text"),
    "--timing": (("--timing", "fast"), lambda t, _: t.timing.name == "fast"),
    "--select": (("--select", "C-P*"), lambda _, o: o.select == ("C-P*",)),
    "--exclude": (("--exclude", "C-STAY"), lambda _, o: o.exclude == ("C-STAY",)),
    "--known-failing": (("--known-failing", "known.toml"),
                        lambda _, o: o.known_failing_file == "known.toml"),
    "--update-known-failing": (("--update-known-failing", "--known-failing", "new.toml"),
                               lambda _, o: o.updates_known_failing and not o.known_failing),
    "--protocol": (("--protocol", "1.0"), lambda _, o: o.protocol == "1.0"),
    "--manual": (("--manual", "https://docs.example/"),
                 lambda _, o: o.manual == "https://docs.example/"),
    "--config": (("--config", "some.toml"), lambda _, o: o.seed == 99 and o.config == "some.toml"),
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
    "--client-env": (("--client-env", "MY_CA"), lambda t, _: t.trust == ("MY_CA",)),
    "--http": (("--http", __file__), lambda t, _: t.http == __file__),
    "--server-ping": (("--server-ping",), lambda t, _: t.capabilities == Capabilities(True, True)),
    "--no-echo": (("--no-echo",), lambda t, _: t.capabilities == Capabilities(echo=False)),
}  # fmt: skip


def test_every_option_is_tested_here() -> None:
    assert sorted(EFFECTS) == sorted(options_of("client"))


@pytest.mark.parametrize("option", EFFECTS)
def test_every_option_of_a_client_has_its_effect(
    option: str, wsbeat: Wsbeat, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.run.client.drivers.browser.missing_browser", lambda: None)
    Path("known.toml").write_text("")
    Path("some.toml").write_text('seed = 99\nrole = "client"\n')
    seen = trace_of("0.1 opening", role="client")
    Path("seen.jsonl").write_text("".join(f"{line}\n" for line in seen.to_lines()))
    words, has_effect = EFFECTS[option]
    outcome = wsbeat("client", *GIVEN.get(option, ("--command", COMMAND)), *words)
    assert outcome.exit_code == 0, outcome.output
    assert has_effect(*engine.clients[-1])


ROLES = {"server": (URL,), "client": ("--command", COMMAND)}
OTHER = [
    (role, option)
    for role, other in (("server", "client"), ("client", "server"))
    for option in sorted({*options_of(other)} - {*options_of(role)})
]


@pytest.mark.parametrize(("role", "option"), OTHER)
def test_what_is_for_the_other_role_is_refused(
    role: str, option: str, wsbeat: Wsbeat, engine: Engine
) -> None:
    outcome = wsbeat(role, *ROLES[role], option, "1")
    assert outcome.exit_code == 2
    assert f"No such option '{option}'" in outcome.output
    assert not engine.asked
    assert not engine.clients
