"""The page on enemies names those that there are, and the bounds that they are held to."""

from __future__ import annotations

import re

from tests.enemies.encounter import WINDOWS
from tests.enemies.enemy import enemies
from tests.enemies.table import HEAD, PAGE, WINDOWS_IN_WORDS, about, begun

NUMBERS = {"ten times": 10}


def test_the_page_has_exactly_the_enemies_that_there_are() -> None:
    rows = PAGE.read_text("utf-8").partition(HEAD)[2].strip().splitlines()
    assert [re.split(r"(?<=\|) (?=\w+ \(\d\) )", row)[0] for row in rows] == [
        begun(each) for each in enemies().values()
    ]


def test_no_row_of_the_page_is_green_or_beyond_the_bounds() -> None:
    rows = PAGE.read_text("utf-8").partition(HEAD)[2].strip().splitlines()
    outcomes = {found[1] for row in rows if (found := re.search(r"\| (\w+ \(\d\)) \|", row))}
    assert outcomes <= {"violated (1)", "incomplete (3)", "unreachable (3)"}
    assert len(outcomes) > 1


def test_the_page_states_the_bounds_of_the_tests() -> None:
    assert PAGE.read_text("utf-8").startswith(about())
    assert NUMBERS[WINDOWS_IN_WORDS] == WINDOWS
