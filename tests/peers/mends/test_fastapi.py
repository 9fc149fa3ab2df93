"""A FastAPI server with all mends conforms, and without one of them breaks its requirement."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import spec
from conformance.run.check import check_server
from conformance.run.virtual import nobody
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from tests.peers.mends.taken_out import Changes, missing, without
from tests.peers.mends.unmended import ACCEPTED, NOTED, PONG, SOURCE, UNMENDED, result_without
from tests.peers.process import started

SOON = ("S-PONG", "S-IGNORE-NOT-JSON", "S-BINARY", "S-TIMEOUT-LATEST", "S-TIMEOUT-CODE")
"""The mends that are tried every time."""

BEFORE = "def application("
WORK = (BEFORE, f"def work() -> None:\n    time.sleep(0.03)\n\n\n{BEFORE}")
"""What a driver of a database does that is not asynchronous."""

LATER = "asyncio.create_task(asyncio.to_thread(work))"
AFTER = f"{PONG}\n                    "

IN_PROCESS: dict[str, tuple[Changes, Changes]] = {
    "S-REPLY-SOON": (
        (WORK, (PONG, f"{AFTER}closing.add(task := {LATER})\n"
                      "                    task.add_done_callback(closing.discard)")),
        (WORK, (PONG, f"{AFTER}work()")),
    ),
    "S-MONOTONIC": (
        (),
        ((ACCEPTED, ACCEPTED.replace("monotonic", "time")),
         (NOTED, NOTED.replace("monotonic", "time")),
         ("now = time.monotonic()", "now = time.time()")),
    ),
}  # fmt: skip
"""What virtual time does not show: what a server has with the mend, and what without."""


def test_with_all_mends_it_conforms() -> None:
    result = result_without(None)
    assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0)


def _when(place: int, requirement: str) -> tuple[pytest.MarkDecorator, ...]:
    """Some are tried by each run of the tests, every fourth one in the gate, all of them live."""
    if requirement in SOON:
        return ()
    return (pytest.mark.proof,) if place % 4 else (pytest.mark.virtual,)


EACH = [pytest.param(each, marks=_when(place, each)) for place, each in enumerate(sorted(UNMENDED))]


@pytest.mark.virtual
def test_with_the_mends_of_plan_b_it_conforms() -> None:
    result = result_without("B-")
    assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0)


@pytest.mark.parametrize("requirement", EACH)
def test_without_one_mend_its_requirement_is_broken(requirement: str) -> None:
    assert verdict(result_without(requirement, requirement), requirement) == "failed"


def test_what_is_written_of_fastapi_is_what_is_tried() -> None:
    tried = SOURCE + "".join(made for changes, _ in IN_PROCESS.values() for _, made in changes)
    assert missing("FastAPI", tried, {}) == []


class TestInProcesses:
    """In real time, at the fast timing."""

    pytestmark = pytest.mark.alone

    def test_with_all_mends_it_conforms(self) -> None:
        result = checked(f"{sys.executable} -m tests.peers.mends.server --port {{port}}")
        assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0), result.notes

    @pytest.mark.parametrize("requirement", IN_PROCESS)
    def test_one_mend_makes_the_difference(self, requirement: str, tmp_path: Path) -> None:
        said = []
        for number, changes in enumerate(IN_PROCESS[requirement]):
            program = tmp_path / f"server{number}.py"
            program.write_text(without(SOURCE, changes), "utf-8")
            given = [sys.executable, str(program), "--port"]
            if requirement == "S-MONOTONIC":
                result = checked(f"{shlex.join(given)} {{port}}", requirement)
            else:
                with started([*given, "0"]) as server:
                    target = Target(server.url, spec.load_timing("fast"))
                    result = check_server(target, options(requirement), nobody)
            said.append(verdict(result, requirement))
        assert said == ["passed", "failed"]

    @pytest.mark.parametrize(("before", "expected"), [("exec ", "passed"), ("", "warned")])
    def test_a_shell_before_it_must_hand_on_the_order_to_end(
        self, before: str, expected: str
    ) -> None:
        server = f"{sys.executable} -m tests.peers.mends.server --port {{port}}"
        command = shlex.join(["sh", "-c", f"{before}{server}\ntrue"])
        assert verdict(checked(command, "S-GOING-AWAY"), "S-GOING-AWAY") == expected


def checked(command: str, *select: str) -> Result:
    target = Target("ws://127.0.0.1:{port}/ws", spec.load_timing("fast"), "fast", command=command)
    return check_server(target, options(*select), nobody)


def options(*select: str) -> Options:
    return Options(examples=10, select=select)


def verdict(result: Result, requirement: str) -> str:
    [found] = [each for each in result.assessments if each.requirement.id == requirement]
    return found.verdict
