"""What a library does as it comes is charged to what it breaks (docs/libraries.md), and to no more.

Only what the tests need anyway is run here; the others are run by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.peers.test_suite_on_compliant_clients import checked, of

pytestmark = pytest.mark.proof

PROGRAMS = Path(__file__).parent / "libraries"


def test_aiohttp_sends_a_handshake_again_at_once_where_it_was_reset() -> None:
    command = f"{sys.executable} {PROGRAMS / 'aiohttp_by_hand.py'} {{url}}"
    verdicts, report = checked("--command", command)
    assert of(verdicts, "failed") == {"C-RECONNECT-FLOOR"}, report
