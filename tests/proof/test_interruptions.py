"""Nothing outlives wsbeat, however it ends; a few moments of those that the command tries."""

from __future__ import annotations

import signal

import pytest

from tests.proof.interruptions import ROLES, WAYS, Role, Signals, interrupted

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("to_group", [False, True], ids=["to wsbeat", "to the group"])
@pytest.mark.parametrize("signals", WAYS, ids=lambda each: " ".join(one.name for one in each))
def test_nothing_outlives_a_run(role: Role, signals: Signals, to_group: bool) -> None:
    ending = interrupted(role, 1.0, signals, pause=0.05, to_group=to_group)
    assert ending.fault(signals) is None
    assert ending.code == (-signal.SIGKILL if signal.SIGKILL in signals else 3)
