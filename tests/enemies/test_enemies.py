"""Every run on an enemy ends in time, stays small, finds fault, and prints nothing hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import pytest

import spec
from conformance.server_run import EXPLORATION_LASTS
from conformance.wire.peer import SENDING
from tests.enemies.encounter import Encounter, encounter
from tests.enemies.enemy import enemies

pytestmark = pytest.mark.alone

SIDE_BY_SIDE = 3
MOST_MEMORY = 300.0  # MiB
WINDOWS = 10  # the first, and a second measurement of each scenario that may be left undecided

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
    """What becomes of a run on each enemy."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(encounter, each) for name, each in enemies().items()}
        pool.shutdown(cancel_futures=True)


def longest_run(timing: spec.Timing) -> float:
    """How long (seconds) a run lasts at the most, whatever the server does."""
    window = timing.longest_wait
    return max(EXPLORATION_LASTS, window) + WINDOWS * window + 2 * SENDING


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
