"""The delays before attempts: their bounds, their growth, their return."""

import pytest

from reference_client import Settings, backoff
from reference_client.backoff import Backoff

PRODUCTION = Settings.from_timing("production")


@pytest.fixture
def longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "uniform", lambda low, high: high)


def test_every_delay_is_drawn_between_the_floor_and_its_bound() -> None:
    drawn = {Backoff(PRODUCTION).after_connection(0.1) for _ in range(300)}
    delays = Backoff(PRODUCTION)
    assert 3.0 <= min(drawn) < 3.2
    assert 4.8 < max(drawn) <= 5.0
    failed = [delays.after_failure() for _ in range(2000)]
    assert min(failed) >= 3.0
    assert max(failed) <= 30.0
    assert len(set(failed)) > 1900


@pytest.mark.usefixtures("longest")
def test_the_bound_doubles_with_each_failure_up_to_the_cap() -> None:
    delays = Backoff(PRODUCTION)
    assert [delays.after_failure() for _ in range(5)] == [10.0, 20.0, 30.0, 30.0, 30.0]


@pytest.mark.usefixtures("longest")
def test_the_attempt_after_the_first_short_connection_is_a_first_one() -> None:
    delays = Backoff(PRODUCTION)
    assert delays.after_connection(29.9) == 5.0
    assert delays.after_failure() == 10.0
    assert delays.after_connection(30.0) == 5.0
    assert delays.after_connection(0.0) == 5.0


@pytest.mark.usefixtures("longest")
def test_from_the_second_short_connection_in_a_row_on_it_counts_as_a_failure() -> None:
    delays = Backoff(PRODUCTION)
    assert [delays.after_connection(0.0) for _ in range(5)] == [5.0, 10.0, 20.0, 30.0, 30.0]


@pytest.mark.usefixtures("longest")
def test_a_short_connection_after_a_failure_is_another_one() -> None:
    delays = Backoff(PRODUCTION)
    assert delays.after_failure() == 10.0
    assert delays.after_connection(0.0) == 20.0


@pytest.mark.usefixtures("longest")
def test_a_connection_that_lasted_makes_failures_start_over() -> None:
    delays = Backoff(PRODUCTION)
    for _ in range(5):
        delays.after_failure()
    assert delays.after_connection(30.0) == 5.0
    assert delays.after_failure() == 10.0


@pytest.mark.usefixtures("longest")
def test_an_outage_of_days_is_no_overflow() -> None:
    delays = Backoff(PRODUCTION)
    assert {delays.after_failure() for _ in range(5000)} == {10.0, 20.0, 30.0}
