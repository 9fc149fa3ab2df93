"""What `make quick` runs for a change, and that each of its tests is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import quick
from tests.mutants import matrix


def mutants_of(*requirements: str) -> set[str]:
    return {
        f"{quick.KILL}[{role}-{name}]"
        for role, name in matrix.in_virtual_time()
        if matrix.peer(role, name).requirement in requirements
    }


def kills(found: list[str]) -> set[str]:
    return {each for each in found if each.startswith(quick.KILL)}


def test_a_rule_calls_for_its_room_the_corpus_and_the_mutants_of_its_requirements() -> None:
    found = quick.wanted(["conformance/rules/server/control.py"])
    assert [each for each in found if "[" not in each] == ["tests/corpus", "tests/rooms/rules"]
    its = "S-CONTROL", "S-REPLY-SOON", "S-TIMEOUT-CODE", "S-INDEPENDENT", "S-VALID-OUTPUT"
    assert kills(found) == mutants_of(*its)
    assert f"{quick.BASE_TEST}[client-compliant]" in found


def test_what_rules_rest_on_calls_for_a_mutant_of_each_and_the_rooms_above() -> None:
    found = quick.wanted(["conformance/evidence/server/matching.py"])
    assert {"tests/corpus", "tests/rooms/evidence", "tests/rooms/rules"} <= set(found)
    assert "tests/rooms/messages" not in found
    assert 1 <= len(kills(found) & mutants_of("S-ECHO-DATA")) < len(mutants_of("S-ECHO-DATA"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("conformance/report/formats/junit.py", "tests/rooms/report"),
        ("conformance/pytest_plugin.py", "tests/rooms/test_pytest_plugin.py"),
        ("conformance/verdict/verdict.py", "tests/rooms/cli"),
        ("spec/schemas/pong.schema.json", "tests/spec"),
        ("reference_client/heartbeat-client.js", "tests/references"),
        ("docs/proof.md", "tests/manual"),
        ("Makefile", "tests/proof"),
        ("tests/corpus/traces/server/compliant.jsonl", "tests/corpus"),
        ("tests/rooms/cli/conftest.py", "tests/rooms/cli"),
        ("tests/mutants/servers/echoes.py", "tests/mutants/test_table.py"),
    ],
)
def test_every_place_has_its_tests(path: str, expected: str) -> None:
    assert expected in quick.wanted([path])


def test_the_whole_matrix_is_left_to_make_test() -> None:
    found = quick.wanted(["conformance/wire/ends/peer.py", "tests/mutants/matrix.py"])
    assert quick.MATRIX not in found
    assert "tests/mutants" not in found
    assert len(kills(found)) < len(matrix.in_virtual_time()) / 2


def test_what_is_named_is_collected() -> None:
    """By pytest itself: a mutant's test has the name that is made up for it here."""
    found = quick.wanted(["conformance/rules/client/tls.py"])
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *found],
        cwd=quick.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert collected.returncode == 0, collected.stdout
    assert kills(found) <= set(collected.stdout.splitlines())


def test_nothing_is_called_for_by_nothing() -> None:
    assert quick.wanted([]) == []
    assert quick.wanted(["LICENSES/nowhere.txt"]) == []
