"""The exit codes, and what is said beside them: the table that callers rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli.showing import outcome as invocation
from conformance.run.server.probe import Unreachable
from conformance.verdict.result import ExitCode, Result
from conformance.verdict.selection import UsageError
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.rooms.report.samples import SECOND_PONG, judged, passed, result

URL = "ws://127.0.0.1:8765/ws"


def test_the_numbers_are_those_of_the_verdict() -> None:
    told = [invocation.USAGE, invocation.INCOMPLETE, invocation.FAULT]
    assert told == [ExitCode.USAGE, ExitCode.INCOMPLETE, ExitCode.FAULT]
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4]


RESULTS = {
    "passed": (result(passed("S-PONG")), 0),
    "a violated SHOULD": (result(passed("S-PONG"), judged("S-DROP", "warned")), 0),
    "violated": (result(SECOND_PONG), 1),
    "violated and incomplete": (result(SECOND_PONG, judged("S-ECHO", "inconclusive")), 1),
    "inconclusive": (result(passed("S-PONG"), judged("S-ECHO", "inconclusive")), 3),
    "not exercised": (result(passed("S-PONG"), judged("S-ECHO", "not_exercised")), 3),
    "interrupted": (result(passed("S-PONG"), interrupted=True), 3),
    "nothing was checked": (result(judged("S-ECHO", "excluded")), 3),
}


@pytest.mark.parametrize("what", RESULTS)
@pytest.mark.parametrize("command", ["server", "judge"])
def test_a_result_has_its_code(what: str, command: str, wsbeat: Wsbeat, engine: Engine) -> None:
    engine.answer, code = RESULTS[what]
    Path("empty.jsonl").write_text(TRACE)
    outcome = wsbeat(command, URL if command == "server" else "empty.jsonl")
    assert outcome.exit_code == code, outcome.output
    assert f"exit code {code}" in outcome.stdout.replace("\n", " ")


REFUSED = {
    ("nonsense",): "No such command 'nonsense'",
    ("server", "--nonsense"): "No such option",
    ("server", "--seed", "x"): "not a valid integer",
    ("server", "--examples", "0"): "not in the range",
    ("server",): "No URL was given",
    ("server", "http://host/ws"): "Did you mean ws://host/ws?",
    ("server", "asgi:a"): "names no application",
    ("server", "asgi:a:b", "--command", "x {port}"): "Leave one out",
    ("server", URL, "--timing", "fsat"): 'did you mean "fast"?',
    ("server", URL, "--config", "missing.toml"): "no such file",
    ("server", URL, "--header", "nonsense"): "has no colon",
    ("server", URL, "--json", "missing/r.json"): "no report can be written there",
    ("server", URL, "--json", "a", "--html", "a"): "both go to a",
    ("server", URL, "--json", "-", "--html", "-"): "both go to standard output",
    ("server", URL, "--traces", "file/traces"): "no file can be written there",
    ("demo", "--timing", "fsat"): "no such file",
    ("demo", "--junit", "missing/r.xml"): "no report can be written there",
    ("serve", "--port", "70000"): "not in the range",
    ("serve", "--timing", "fsat"): "no such file",
    ("serve", "--host", "192.0.2.1", "--port", "0"): "cannot listen on",
    ("explain",): "Missing argument",
    ("explain", "S-PNOG"): 'did you mean "S-PONG"?',
    ("judge",): "Missing argument",
    ("judge", "missing.jsonl"): "missing.jsonl cannot be read: No such file or directory.",
    ("judge", "."): ". holds no traces. Expected files that end in .jsonl",
    ("judge", "file"): "file is empty",
    ("judge", "binary"): "is not UTF-8 text",
    ("list", "extra"): "unexpected extra argument",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_cannot_be_done_is_a_usage_error_in_words(
    arguments: tuple[str, ...], wsbeat: Wsbeat, engine: Engine
) -> None:
    Path("file").touch()
    Path("binary").write_bytes(b"\xff\xfe")
    outcome = wsbeat(*arguments)
    assert outcome.exit_code == 2, outcome.output
    assert REFUSED[arguments] in " ".join(outcome.stderr.split())
    assert outcome.stdout == ""
    assert engine.asked == []


def test_a_refusal_of_the_engine_is_a_usage_error(wsbeat: Wsbeat, engine: Engine) -> None:
    engine.answer = UsageError("S-PNOG matches no requirement on a server.")
    for arguments in (("server", URL), ("judge", "t.jsonl")):
        Path("t.jsonl").write_text(TRACE)
        outcome = wsbeat(*arguments)
        assert outcome.exit_code == 2
        assert "wsbeat: S-PNOG matches no requirement on a server." in outcome.stderr


def test_an_unreachable_server_is_incomplete(wsbeat: Wsbeat, engine: Engine) -> None:
    engine.answer = Unreachable("No WebSocket connection to ws://x/: HTTP 404.")
    outcome = wsbeat("server", URL, "--json", "r.json")
    assert outcome.exit_code == 3
    assert outcome.stderr.splitlines()[-1] == (
        "wsbeat: No WebSocket connection to ws://x/: HTTP 404."
    )
    assert not Path("r.json").exists()


@pytest.mark.parametrize(
    ("answer", "code"), [(RESULTS["passed"][0], 3), (RESULTS["violated"][0], 1)]
)
def test_a_report_that_can_no_longer_be_written_is_never_green(
    answer: Result, code: int, wsbeat: Wsbeat, engine: Engine
) -> None:
    engine.answer = answer
    engine.meanwhile = lambda: Path("r.json").mkdir()
    outcome = wsbeat("server", URL, "--json", "r.json")
    assert outcome.exit_code == code
    assert "could not be written" in outcome.stderr
    assert "passed" in outcome.stdout or "failed" in outcome.stdout


@pytest.mark.parametrize("arguments", [("list",), ("list", "--scenarios"), ("explain", "S-PONG"),
                                       ("--version",), ("--help",)])  # fmt: skip
def test_what_only_tells_exits_with_0(arguments: tuple[str, ...], wsbeat: Wsbeat) -> None:
    outcome = wsbeat(*arguments)
    assert outcome.exit_code == 0
    assert outcome.stderr == ""


def _trace() -> str:
    from conformance.trace.trace import Capabilities, Trace
    from tests.rooms.report.samples import FAST

    trace = Trace("s", "server", URL, FAST, Capabilities(), "2026-02-03T09:30:00+00:00", ())
    return "".join(f"{line}\n" for line in trace.to_lines())


TRACE = _trace()
