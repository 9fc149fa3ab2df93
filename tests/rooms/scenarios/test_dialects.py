"""Which scenarios are performed in which dialect."""

from __future__ import annotations

from conformance.scenarios import server_scenarios
from spec.dialect.file import read_dialect

FOR_OTHERS = "says_what_resembles_a_ping_by_itself"


def test_what_is_there_for_other_dialects_is_not_performed_in_the_protocols_own() -> None:
    assert FOR_OTHERS not in {each.name for each in server_scenarios()}
    assert FOR_OTHERS in {each.name for each in server_scenarios(read_dialect("plain-text"))}
