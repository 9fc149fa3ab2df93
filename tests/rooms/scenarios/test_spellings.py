"""Other spellings of what a dialect says."""

from __future__ import annotations

import json

import pytest

from conformance.scenarios.spellings import spellings
from spec.dialect.shipped import names, shipped

JSON = [each for each in names() if shipped(each).ping.known.is_json]


@pytest.mark.parametrize("name", JSON)
def test_a_ping_in_another_spelling_says_the_same(name: str) -> None:
    """One of them has an escape, whatever its words are made of."""
    dialect = shipped(name)
    plain = dialect.say_ping(7)
    spelled = [spell(plain) for spell in spellings(dialect.ping)]
    assert spelled[0] == plain
    assert any("\\u" in each for each in spelled)
    assert all(dialect.ping.read(each, json.loads(each)) is not None for each in spelled)
