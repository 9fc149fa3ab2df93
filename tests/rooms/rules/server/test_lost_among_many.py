"""A message that is lost among many others: whoever cannot take so many fails S-BURST for it."""

from __future__ import annotations

import pytest

from tests.traces.notation import trace_of, violations

OPENS = "0.00 opening\n0.01 opened\n"
AFTER = '0.5 > {"after":1}\n0.51 < echo {"after":1}\n'


def lost(said: str, others: int, *, end: str = AFTER) -> dict[str, set[frozenset[str]]]:
    """What is held against a server that answers all messages but one, which came first."""
    numbers = range(others)
    sent = "".join(f"0.1 > {n}\n" for n in numbers)
    echoes = "".join(f"0.2 < echo {n}\n" for n in numbers)
    found = violations(trace_of(f"{OPENS}0.1 > {said}\n{sent}{echoes}{end}"))
    return {name: {each.among for each in seen} for name, seen in found.items()}


@pytest.mark.parametrize(
    ("said", "requirement"),
    [
        ('{"lost":1}', "S-ECHO"),
        ("ping", "S-PONG"),
        ('{"a":1,"type":"ping"}', "S-PING-FORM"),
    ],
)
@pytest.mark.parametrize(("others", "rather"), [(5, set()), (60, {"S-BURST"})])
def test_what_is_lost_among_many_may_be_so_for_their_number(
    said: str, requirement: str, others: int, rather: set[str]
) -> None:
    assert lost(said, others) == {requirement: {frozenset(rather)}}


def test_what_was_said_long_before_or_after_makes_no_crowd() -> None:
    def at(moment: float) -> str:
        said = "".join(f"{moment} > {n}\n" for n in range(40))
        return said + "".join(f"{moment + 0.1:.1f} < echo {n}\n" for n in range(40))

    pings = "3.0 > ping\n3.2 > ping\n3.3 < pong\n"
    found = violations(trace_of(f"{OPENS}{at(0.5)}{pings}{at(5.0)}"))
    assert "S-PONG" in found
    assert all(each.among == frozenset() for each in found["S-PONG"])


@pytest.mark.parametrize(("code", "rather"), [(1008, {"S-BURST"}), (1011, set()), (1003, set())])
@pytest.mark.parametrize(("said", "requirement"), [('{"a":1}', "S-ECHO"), ("ping", "S-PONG")])
def test_who_counts_messages_says_so_with_1008(
    said: str, requirement: str, code: int, rather: set[str]
) -> None:
    """How many came before the trace begins is not known."""
    found = violations(trace_of(f"{OPENS}0.1 > {said}\n0.11 < close {code} why"))
    assert {each.among for each in found[requirement]} == {frozenset(rather)}
