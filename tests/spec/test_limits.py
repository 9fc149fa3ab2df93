"""The limits of the contract (protocol.md, 9) are the ones that wsbeat goes to."""

from __future__ import annotations

import pytest

from conformance.messages import limits as messages
from conformance.scenarios.server.neighbours import resets
from conformance.trace.event import RESOLUTION
from spec.document import Paragraph, Table, blocks

HEAD = ("Limit", "Value", "Requirement")


def limits() -> dict[str, int]:
    """The value of each limit, by the ID of its requirement."""
    [table] = (b for b in blocks() if isinstance(b, Table) and tuple(b.rows[0]) == HEAD)
    return {name: int(value.replace(",", "")) for _, value, name in table.rows[1:]}


@pytest.mark.parametrize(
    ("requirement", "gone_to"),
    [
        ("S-DEPTH", messages.DEPTH),
        ("S-SIZE", messages.SIZE),
        ("S-BURST", messages.BURST),
        ("S-SURVIVE", resets.CROWD),
        ("S-DROP", messages.DROPPED_WITHIN),
        ("S-HANG-UP", messages.DROPPED_WITHIN),
        ("C-TOLERATE", messages.SIZE),
    ],
)
def test_a_limit_is_gone_to_and_not_beyond(requirement: str, gone_to: float) -> None:
    assert limits()[requirement] == gone_to


def test_what_counts_as_one_moment_is_what_the_contract_says() -> None:
    """Section 2.3 has it in milliseconds."""
    said = " ".join(block.text for block in blocks() if isinstance(block, Paragraph))
    assert f"no more than {RESOLUTION * 1000:.0f} ms apart, they are one moment" in said


def test_every_limit_is_looked_at() -> None:
    assert limits().keys() == {
        *("S-DEPTH", "S-SIZE", "S-BURST", "S-SURVIVE", "S-DROP", "S-HANG-UP"),
        "C-TOLERATE",
    }
