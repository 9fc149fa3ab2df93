"""The table of mutants in the docs tells of the mutants that there are."""

from __future__ import annotations

import re

from tests.mutants import matrix, table
from tests.mutants.matrix import BASES


def test_the_page_names_exactly_the_mutants_that_there_are() -> None:
    named = re.findall(r"^\| [A-Z-]* \| `(\w+)` \|", table.PAGE.read_text("utf-8"), re.M)
    assert sorted(named) == sorted(each.name for role in BASES for each in matrix.known(role))


def test_the_page_says_of_them_what_they_say_themselves() -> None:
    """If it does not, run ``python -m tests.mutants.table``."""
    assert table.PAGE.read_text("utf-8") == table.page()
