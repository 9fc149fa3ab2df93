"""Each mend that is written is shown to work, or it is said why not."""

import pytest

import spec
from tests.peers.mends.shown import NOT_SHOWN, SHOWN, is_shown, written


@pytest.mark.parametrize(("id", "stack"), list(written()))
def test_a_mend_is_shown_or_it_is_said_why_not(id: str, stack: str) -> None:
    assert is_shown(id, stack) is not ((id, stack) in NOT_SHOWN)


def test_nothing_is_listed_that_is_not_written() -> None:
    assert NOT_SHOWN.keys() <= set(written())
    assert frozenset().union(*SHOWN.values()) <= spec.mends().keys()


def test_the_line_that_is_shown_elsewhere_is_the_same() -> None:
    at = spec.mend_of("C-CLOSE-FINAL").at
    assert at["Browser"] == at["Node"]
