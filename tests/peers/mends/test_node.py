"""A server and a client on npm's `ws` with all mends conform, and break what they lack one of."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.run.check import check_client, check_server
from conformance.run.client.drivers import driver_named
from conformance.run.virtual import nobody
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from spec import load_timing
from tests.peers.mends.one_scenario import outcomes
from tests.peers.mends.taken_out import HERE, Changes, missing, program
from tests.peers.mends.usual import ALIKE, BEAT, PING

TEXT = "socket.send(echo);"
LOST = "function lost() {\n  clearInterval(beat);\n  clearTimeout(pong);\n"
CLOSED = '  mine.on("close", lost);\n'
CLOSE = """        socket.close(1000, "heartbeat timeout");
        setTimeout(() => socket.terminate(), 5_000);
"""

SERVER: dict[str, Changes] = {
    "S-ACCEPT": (("  handleProtocols: () => false,\n", ""),),
    "S-PING-FORM": (('message?.type === "ping"', "String(text).includes('\"ping\"')"),),
    "S-PONG": (
        ("socket.send('{\"type\":\"pong\"}')",
         "[1, 2].forEach(() => socket.send('{\"type\":\"pong\"}'))"),
    ),
    "S-ECHO": (('message?.type === "ping"', 'message.type === "ping"'),),
    "S-IGNORE-NOT-JSON": (
        ("  } catch {\n    return;", '  } catch {\n    return socket.send("not JSON");'),
    ),
    "S-DEPTH": (
        ("    echo = JSON.stringify({ type: \"echo\", data: message });\n", ""),
        (TEXT, "socket.send(JSON.stringify({ type: \"echo\", data: message }));"),
    ),
    "S-SIZE": (("  handleProtocols", "  maxPayload: 16_384,\n  handleProtocols"),),
    "S-BINARY": (("    if (isBinary) return;\n", ""),),
    "S-REPLY-SOON": (
        ("socket.send('{\"type\":\"pong\"}')",
         "setTimeout(() => socket.send('{\"type\":\"pong\"}'), 1_000)"),
    ),
    "S-ORDER": (("last = last.then(() => handle(socket, data))", "handle(socket, data)"),),
    "S-VALID-OUTPUT": ((TEXT, "socket.send(Buffer.from(echo));"),),
    "S-CONTROL": (("  handleProtocols", "  autoPong: false,\n  handleProtocols"),),
    "S-CLOCK-START": (("  lastPings.set(socket, performance.now());\n  let last", "  let last"),),
    "S-TIMEOUT-LATEST": (("timing.check_interval * 1000", "timing.check_interval * 10_000"),),
    "S-TIMEOUT-CODE": ((CLOSE, "        socket.terminate();\n"),),
    "S-NO-QUEUE": (
        ("function check() {", "async function check() {"),
        (CLOSE, CLOSE + '        await new Promise((gone) => socket.once("close", gone));\n'),
    ),
    "S-DROP": (("        setTimeout(() => socket.terminate(), 5_000);\n", ""),),
    "S-GOING-AWAY": (("socket.close(1001)", "socket.terminate()"),),
    "S-MONOTONIC": (
        ("    lastPings.set(socket, performance.now());\n    socket.send",
         "    lastPings.set(socket, Date.now());\n    socket.send"),
        ("  lastPings.set(socket, performance.now());\n  let last",
         "  lastPings.set(socket, Date.now());\n  let last"),
        ("const now = performance.now()", "const now = Date.now()"),
    ),
}  # fmt: skip
CLIENT: dict[str, tuple[str, Changes]] = {
    **ALIKE,
    "C-PING-FORM": (
        "answers_pings_at_once", ((PING, "socket.send(Buffer.from('{\"type\":\"ping\"}'));"),),
    ),
    "C-PING-ALWAYS": (
        "talks_without_a_pause",
        (("    if (isBinary) return;\n", "    heard = performance.now();\n"
                                         "    if (isBinary) return;\n"),
         ("wanted = true;", "wanted = true, heard = 0;"),
         ("function ping() {\n", "function ping() {\n"
                                 "  if (performance.now() - heard < interval / 2) return;\n")),
    ),
    "C-PING-SINGLE": (
        "cuts_one_connection_after_another",
        ((f"    clearInterval(beat);\n{BEAT}", BEAT),
         (LOST, LOST.replace("  clearInterval(beat);\n", "")),
         (PING, f"if (socket.readyState === 1) {PING}")),
    ),
    "C-RECONNECT": (
        "closes_for_want_of_heartbeats",
        (("function lost() {", "function lost(code) {"),
         ("if (wanted) retry", "if (wanted && code !== 1000) retry")),
    ),
    "C-ANSWER-MISSING": ("never_answers_an_attempt", ((", { handshakeTimeout: cap }", ""),)),
    "C-RECONNECT-SINGLE": (
        "answers_503",
        (('mine.on("error", () => {})', 'mine.on("error", () => setTimeout(connect, delay()))'),
         ("  clearTimeout(retry);\n  const mine", "  const mine")),
    ),
    "C-CLOSE-FINAL": ("is_told_to_end", (("  wanted = false;\n", ""),)),
    "C-CLOSE-ON-EXIT": (
        "is_told_to_end", (("  socket.close(1000);\n", "  process.exit();\n"),),
    ),
    "C-TOLERATE": (
        "says_what_cannot_be_used", (("    } catch {\n      return;\n", "    } finally {\n"),),
    ),
    "C-PONG-MISSING": (
        "falls_silent", (("    socket.terminate();\n", ""),),
    ),
    "C-TLS-VERIFY": (
        "presents_a_self_signed_certificate",
        (("handshakeTimeout: cap", "handshakeTimeout: cap, rejectUnauthorized: false"),),
    ),
}  # fmt: skip
"""For each requirement the scenario that shows it, and what a client has in place of the mend."""


def served(changes: Changes, folder: Path, *select: str, max_message: int | None = None) -> Result:
    """What is found out about the server, with other pieces in it."""
    command = f"{program('server.mjs', changes, folder)} --port {{port}} --timing fast"
    timing = load_timing("fast")
    target = Target(
        "ws://127.0.0.1:{port}/ws", timing, "fast", command=command, max_message=max_message
    )
    return check_server(target, Options(examples=10, select=select), nobody)


def connecting(changes: Changes, folder: Path, *, plan_b: bool = False) -> ClientTarget:
    """The client, with other pieces in it."""
    command = f"{program('client.mjs', changes, folder)} {{url}} --timing fast"
    given = driver_named("command").checked(command)
    capabilities = Capabilities(server_ping=plan_b)
    return ClientTarget("command", given, load_timing("fast"), "fast", capabilities)


class TestInProcesses:
    """In real time, at the fast timing."""

    pytestmark = pytest.mark.alone

    def test_a_server_with_all_mends_conforms(self, tmp_path: Path) -> None:
        result = served((), tmp_path)
        assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0), result.notes

    def test_a_client_with_all_mends_conforms(self, tmp_path: Path) -> None:
        result = check_client(connecting((), tmp_path), Options(examples=10), nobody)
        assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0), result.notes

    @pytest.mark.parametrize("requirement", SERVER)
    def test_a_server_without_one_breaks_its_requirement(
        self, requirement: str, tmp_path: Path
    ) -> None:
        result = served(SERVER[requirement], tmp_path, requirement)
        [found] = [each for each in result.assessments if each.requirement.id == requirement]
        assert found.verdict == ("failed" if found.requirement.level == "MUST" else "warned")

    @pytest.mark.parametrize("requirement", CLIENT)
    def test_a_client_without_one_breaks_its_requirement(
        self, requirement: str, tmp_path: Path
    ) -> None:
        scenario, changes = CLIENT[requirement]
        target = connecting(changes, tmp_path, plan_b=requirement.startswith("B-"))
        assert requirement in outcomes(target, scenario).get("violated", set())

    def test_a_message_above_its_limit_ends_a_server_that_hears_no_error(
        self, tmp_path: Path
    ) -> None:
        limit = ('  path: "/ws",\n', '  path: "/ws",\n  maxPayload: 100_000,\n')
        deaf = ('  socket.on("error", () => {});\n', "")
        for name, changes in {"hears": (limit,), "deaf": (limit, deaf)}.items():
            (tmp_path / name).mkdir()
            result = served(changes, tmp_path / name, "S-SIZE", max_message=100_000)
            assert (result.outcome == "conformant") is (name == "hears"), result.notes
        assert any("ended with code 1" in note for note in result.notes)


def test_what_is_written_of_node_is_in_the_programs() -> None:
    sources = "".join((HERE / name).read_text("utf-8") for name in ("server.mjs", "client.mjs"))
    names = {
        "handshakeTimeout:30_000": "handshakeTimeout:cap",
        "3_000+Math.random()*2_000": "delay()",
        "30_000": "interval",
        "check,interval": "check,timing.check_interval*1000",
    }
    # What is not to be written, and what is set where the program is started.
    assert missing("Node", sources, names) == [
        "C-TLS-VERIFY: rejectUnauthorized:false",
        "C-TLS-VERIFY: NODE_EXTRA_CA_CERTS",
    ]
