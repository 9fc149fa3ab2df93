"""A server and a client on npm's `ws`: without one of their mends they break its requirement.

That the whole programs conform is shown where compliant peers are; here one mend at a time is taken
out, and what the field has stands in its place.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from conformance.run.check import check_client, check_server
from conformance.run.client.drivers import driver_named
from conformance.run.virtual import nobody
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from spec import load_timing
from tests.references.client_js.node import node, package

pytestmark = pytest.mark.proof

PEERS = Path(__file__).parent
TIMING = PEERS.parents[1] / "spec" / "timing"

SERVER: dict[str, tuple[tuple[str, str], ...]] = {
    "S-ACCEPT": (("  handleProtocols: () => false,\n", ""),),
    "S-BINARY": (("if (!isBinary) answer(", "answer("),),
    "S-IGNORE-NOT-JSON": (
        ("  } catch {\n    return;", '  } catch {\n    socket.send("not JSON");\n    return;'),
    ),
    "S-GOING-AWAY": (('end(socket, 1001, "")', "socket.terminate()"),),
}
CLIENT: dict[str, tuple[tuple[str, str], ...]] = {
    "C-RECONNECT": (
        ("const lose = () => {", "const lose = (code) => {"),
        ("    if (ended) return;\n", "    if (ended || code === 1000) return;\n"),
    ),
    "C-RECONNECT-FLOOR": (("timing.reconnect_delay * 2 **", "0 * 2 **"),),
    "C-CLOSE-FINAL": (("    ended = true;\n", ""),),
    "C-CLOSE-ON-EXIT": (("    last.close(1000);\n", "    process.exit();\n"),),
    "C-TOLERATE": (
        (
            "return JSON.parse(text)?.type;\n  } catch {",
            "return JSON.parse(text).type;\n  } finally {",
        ),
        ("    return undefined;\n", ""),
    ),
    "C-PONG-MISSING": (
        ('      mine.close(4000, "pong timeout");\n      lose();', "      void 0;"),
    ),
}


def without(name: str, changes: tuple[tuple[str, str], ...], folder: Path) -> str:
    """The command of a program of which one mend was taken out."""
    source = (PEERS / name).read_text("utf-8").replace("../../spec/timing", TIMING.as_uri())
    for mended, usual in changes:
        assert source.count(mended) == 1, mended
        source = source.replace(mended, usual)
    (folder / name).write_text(source, "utf-8")
    (folder / "node_modules").symlink_to(package("ws").parent)
    return shlex.join([node(), str(folder / name)])


def assert_broken(result: Result, requirement: str) -> None:
    [found] = [each for each in result.assessments if each.requirement.id == requirement]
    assert found.verdict == ("failed" if found.requirement.level == "MUST" else "warned")


@pytest.mark.parametrize("requirement", SERVER)
def test_a_server_without_one_mend_breaks_its_requirement(requirement: str, tmp_path: Path) -> None:
    command = without("ws_server.mjs", SERVER[requirement], tmp_path)
    target = Target(
        "ws://127.0.0.1:{port}/ws",
        load_timing("fast"),
        "fast",
        command=f"{command} --port {{port}} --timing fast",
    )
    result = check_server(target, Options(examples=10, select=(requirement,)), nobody)
    assert_broken(result, requirement)


@pytest.mark.parametrize("requirement", CLIENT)
def test_a_client_without_one_mend_breaks_its_requirement(requirement: str, tmp_path: Path) -> None:
    command = f"{without('ws_client.mjs', CLIENT[requirement], tmp_path)} {{url}} --timing fast"
    given = driver_named("command").checked(command)
    target = ClientTarget("command", given, load_timing("fast"), "fast")
    result = check_client(target, Options(examples=10, select=(requirement,)), nobody)
    assert_broken(result, requirement)
