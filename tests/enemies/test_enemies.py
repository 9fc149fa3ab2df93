"""Every run on an enemy ends in time, stays small, finds fault, and prints nothing hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import pytest

import spec
from tests.enemies.encounter import MOST_MEMORY, Encounter, encounter, longest_run
from tests.enemies.enemy import enemies

pytestmark = pytest.mark.alone

SIDE_BY_SIDE = 4

ON_ANSWERS = {
    "S-PING-FORM", "S-PONG", "S-PONG-FORM", "S-BURST", "S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM",
    "S-IGNORE-NOT-JSON", "S-BEYOND-IJSON", "S-DEPTH", "S-SIZE", "S-BINARY", "S-REPLY-SOON",
    "S-ORDER", "S-TIMEOUT-EARLIEST", "S-TIMEOUT-LATEST", "S-TIMEOUT-CODE", "S-CLOCK-START",
}  # fmt: skip

HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\ud800-\udfff]")
MARKUP = re.compile("<script|</script|]]>")

Encounters: TypeAlias = dict[str, "Future[Encounter]"]


@pytest.fixture(scope="module")
def encounters() -> Iterator[Encounters]:
    """What becomes of a run on each enemy; the long ones begin first."""
    by_length = sorted(enemies().items(), key=lambda each: not each[1].clock)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(encounter, each) for name, each in by_length}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", enemies())
def test_an_enemy_neither_passes_nor_hangs_nor_swells_a_run(
    name: str, encounters: Encounters
) -> None:
    found = encounters[name].result()
    assert "Traceback" not in found.console
    assert found.outcome != "conformant"
    assert found.exit_code in (1, 3), found.console
    assert found.seconds < longest_run(spec.load_timing("fast"))
    assert found.memory < MOST_MEMORY


@pytest.mark.parametrize("name", enemies())
def test_what_is_printed_and_written_about_an_enemy_is_harmless(
    name: str, encounters: Encounters
) -> None:
    found = encounters[name].result()
    assert not HOSTILE.findall(found.console)
    for form, text in found.documents.items():
        assert not HOSTILE.findall(text), form
    for form in ("html", "junit"):
        assert not MARKUP.findall(found.documents.get(form, "")), form


@pytest.mark.parametrize("name", [each.name for each in enemies().values() if not each.answers])
def test_what_gives_no_answer_satisfies_no_requirement_on_answers(
    name: str, encounters: Encounters
) -> None:
    verdicts = encounters[name].result().verdicts
    assert not {each for each in ON_ANSWERS if verdicts.get(each) == "passed"}
