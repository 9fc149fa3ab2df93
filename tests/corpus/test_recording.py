"""The corpus has what it is said to have."""

from __future__ import annotations

from tests.corpus.files import hunted, recorded
from tests.corpus.recording import subjects


def test_every_mutant_that_runs_in_virtual_time_has_its_traces() -> None:
    there = {(path.parent.name, path.stem) for path in recorded() if path != hunted(path.parent)}
    assert set(subjects()) <= there, "`python -m tests.corpus record` makes the corpus anew."
    assert all(name.startswith("model") for _, name in there - set(subjects()))
