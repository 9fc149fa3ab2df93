"""Every trace of the corpus is judged as it was before, to the word and the microsecond.

Whoever writes it there has held it against the schema: that takes far longer than judging it.
"""

from __future__ import annotations

import os

import pytest

from tests.corpus.files import expected_of, judgement_of, recorded, traces_in
from tests.corpus.judged import lines

FILES = list(recorded())
PARTS = 8
AGAIN = "If that is meant, `python -m tests.corpus judge` writes it down."


@pytest.mark.parametrize("part", range(PARTS))
def test_the_rules_say_what_they_said(part: int) -> None:
    for path in FILES[part::PARTS]:
        found = list(lines(traces_in(path, trusted=True)))
        assert found == expected_of(path), f"{path.name}: {AGAIN}"


def test_no_trace_is_without_what_is_expected_of_it() -> None:
    expected = {judgement_of(path).name for path in FILES}
    found = {entry.name for path in FILES for entry in os.scandir(path.parent)}
    assert found == expected | {path.name for path in FILES}
