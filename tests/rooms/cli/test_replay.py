"""`--replay FILE` plays again what a trace shows, or says why it cannot be played here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.config.dialect import said_capabilities
from conformance.trace.trace import Trace
from spec.dialect.dialect import Dialect
from spec.dialect.file import read_dialect
from spec.dialect.timing import timing_of
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.spec.dialect.test_file import GOOD as DIALECT
from tests.traces.notation import trace_of

URL = "ws://127.0.0.1:1/ws"
GOOD = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.4 ended local")
TWICE = trace_of("0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.12 < pong\n 0.4 ended local")
ASKED = trace_of("0.0 opening\n 0.01 opened\n 0.1 asked SIGTERM\n 0.4 ended local")


def saved(*traces: Trace) -> None:
    lines = [f"{line}\n" for trace in traces for line in trace.to_lines()]
    Path("seen.jsonl").write_text("".join(lines), "utf-8")


def in_dialect(dialect: Dialect) -> Trace:
    said = said_capabilities(dialect)
    return replace(GOOD, dialect=dialect, timing=timing_of(dialect), capabilities=said)


def test_the_trace_that_shows_a_violation_is_played_again(wsbeat: Wsbeat, engine: Engine) -> None:
    saved(GOOD, TWICE, GOOD)
    wsbeat("server", URL, "--timing", GOOD.timing.name, "--replay", "seen.jsonl")
    assert engine.options.replay is not None
    assert list(engine.options.replay.to_lines()) == list(TWICE.to_lines())


def test_without_a_violation_it_is_the_first(wsbeat: Wsbeat, engine: Engine) -> None:
    saved(GOOD, TWICE)
    wsbeat(
        "server", URL, "--timing", GOOD.timing.name, "--replay", "seen.jsonl", "--select", "S-ECHO"
    )
    assert engine.options.replay is not None
    assert list(engine.options.replay.to_lines()) == list(GOOD.to_lines())


@pytest.mark.parametrize(
    ("trace", "arguments", "said"),
    [
        (GOOD, ("server", URL, "--timing", "production"), "Give the same --timing."),
        (GOOD, ("server", URL, "--timing", "fast", "--no-echo"), "Declare the same."),
        (
            GOOD,
            ("client", "--command", "true {url}", "--timing", "fast"),
            "can be played again on a server only",
        ),
        (ASKED, ("server", URL, "--timing", "fast"), "done to the server's own process"),
    ],
)
def test_what_cannot_be_played_here_is_refused(
    trace: Trace, arguments: tuple[str, ...], said: str, wsbeat: Wsbeat
) -> None:
    saved(replace(trace, source=None))
    outcome = wsbeat(*arguments, "--replay", "seen.jsonl")
    assert outcome.exit_code == 2
    assert said in outcome.stderr


def test_a_trace_is_played_in_the_dialect_that_it_was_recorded_in(
    wsbeat: Wsbeat, engine: Engine
) -> None:
    plain = read_dialect("plain-text")
    saved(in_dialect(plain))
    wsbeat("server", URL, "--dialect", "plain-text", "--replay", "seen.jsonl")
    assert engine.options.replay is not None
    assert engine.options.replay.dialect is plain
    outcome = wsbeat("server", URL, "--replay", "seen.jsonl")
    assert outcome.exit_code == 2
    assert "Give the same --dialect." in outcome.stderr


def test_what_is_said_with_a_secret_is_not_played_again(
    wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_TOKEN", "hush-hush")
    Path("ours.toml").write_text(DIALECT.replace("'ping'", "'ping ${env:OUR_TOKEN}'"), "utf-8")
    ours = read_dialect("ours.toml")
    saved(in_dialect(ours))
    outcome = wsbeat("server", URL, "--dialect", "ours.toml", "--replay", "seen.jsonl")
    assert outcome.exit_code == 2
    assert "never in a trace" in outcome.stderr


@pytest.mark.parametrize("text", ["", "junk\n"])
def test_what_is_no_trace_is_refused(text: str, wsbeat: Wsbeat) -> None:
    Path("seen.jsonl").write_text(text, "utf-8")
    outcome = wsbeat("server", URL, "--timing", "fast", "--replay", "seen.jsonl")
    assert outcome.exit_code == 2
    assert "seen.jsonl" in outcome.stderr
    assert wsbeat("server", URL, "--replay", "nowhere.jsonl").exit_code == 2
