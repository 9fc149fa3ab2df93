"""In virtual time every run says the same."""

from __future__ import annotations

import pytest

from tests.proof.alike import PEERS, compared, on, without_dates_and_durations

SAID = """\
2026-11-29T11:19:26+00:00, took 392 s, seed 0
{"started": "2026-11-29T11:19:26+00:00", "duration": 391.285, "lateness": 0.5}
<testsuite timestamp="2026-11-29T11:19:26" time="391.3" tests="3">
"""


def test_dates_and_durations_are_left_out_and_nothing_else() -> None:
    later = SAID.replace("11:19:26", "11:20:59").replace("391.", "400.").replace("392", "401")
    assert later != SAID
    assert without_dates_and_durations(later) == without_dates_and_durations(SAID)
    for old, new in (("seed 0", "seed 1"), ("0.5}", "0.6}"), ('tests="3"', 'tests="4"')):
        assert old in SAID
        other = SAID.replace(old, new)
        assert without_dates_and_durations(other) != without_dates_and_durations(SAID)


def test_one_report_of_many_that_differs_is_shown() -> None:
    found = compared(["a\nb\n", "a\nb\n", "a\nc\n"])
    assert (found.runs, found.reports, found.differing) == (3, 2, 1)
    assert found.first.splitlines()[-2:] == ["-b", "+c"]
    assert compared(["a", "a"]).first == ""


@pytest.mark.proof
@pytest.mark.virtual
@pytest.mark.parametrize("name", PEERS)
def test_two_runs_say_the_same(name: str) -> None:
    found = on(PEERS[name], idle=2, busy=0, loops=0)
    assert found.reports == 1, found.first
