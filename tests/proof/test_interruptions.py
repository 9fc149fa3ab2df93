"""Nothing outlives wsbeat, however it ends; a few moments of those that the command tries."""

from __future__ import annotations

import signal

import pytest

from tests.proof.interruptions import WAYS, Role, Signals, interrupted

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("signals", WAYS, ids=lambda each: " ".join(one.name for one in each))
def test_nothing_outlives_a_run(role: Role, signals: Signals) -> None:
    ending = interrupted(role, 1.2, signals, pause=0.05)
    assert ending.fault(signals) is None
    assert ending.code == (-signal.SIGKILL if signal.SIGKILL in signals else 3)
