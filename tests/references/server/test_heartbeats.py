"""The clocks of the connections."""

from time import monotonic

import pytest

from reference_server import heartbeats as module
from reference_server.heartbeats import Heartbeats


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that the clocks read: its last element."""
    times = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: times[-1])
    return times


def test_only_what_was_silent_for_longer_than_the_timeout_has_expired(now: list[float]) -> None:
    heartbeats = Heartbeats[str](70.0)
    heartbeats.restart("a")
    assert list(heartbeats.take_expired(70.0)) == []
    assert list(heartbeats.take_expired(70.001)) == ["a"]
    assert list(heartbeats.take_expired(1000.0)) == []


def test_a_sign_of_life_restarts_one_clock_and_no_other(now: list[float]) -> None:
    heartbeats = Heartbeats[str](70.0)
    for connection in ("a", "b", "c"):
        heartbeats.restart(connection)
    now.append(50.0)
    heartbeats.restart("b")
    assert list(heartbeats.take_expired(71.0)) == ["a", "c"]
    assert "b" in heartbeats
    assert len(heartbeats) == 1


def test_a_connection_may_be_forgotten_before_and_after_it_expired(now: list[float]) -> None:
    heartbeats = Heartbeats[str](70.0)
    heartbeats.restart("a")
    heartbeats.restart("b")
    heartbeats.forget("a")
    assert list(heartbeats.take_expired(71.0)) == ["b"]
    heartbeats.forget("b")
    assert len(heartbeats) == 0


def test_a_check_costs_no_more_when_more_connections_are_alive() -> None:
    heartbeats = Heartbeats[int](70.0)
    for connection in range(200_000):
        heartbeats.restart(connection)
    begin = monotonic()
    for _ in range(1000):
        assert list(heartbeats.take_expired(begin)) == []
    # A walk over all of them would take some ten seconds.
    assert monotonic() - begin < 1
