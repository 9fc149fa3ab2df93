"""The picture of a window tells the truth, for every kind of window and every moment."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.report.failure.failure import failures
from conformance.report.failure.timeline import Timeline, timeline
from conformance.report.failure.timeline_text import drawn
from conformance.rules.observation import Window
from conformance.trace.event import Ended, Event
from tests.rooms.report.samples import closed, failed, finding

MOMENTS = st.floats(0, 1e5, allow_nan=False).map(lambda value: round(value, 4))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, stop = sorted(draw(st.tuples(MOMENTS, MOMENTS)))
    assume(0 < start < stop)
    kind = draw(st.sampled_from(["both", "only latest", "only earliest"]))
    seen = draw(MOMENTS)
    return Window(
        "the last ping",
        None if kind == "only latest" else start,
        None if kind == "only earliest" else stop,
        (seen, seen + draw(st.sampled_from([0.0, 0.001, 1.0]))),
    )


def of(earliest: float | None, latest: float | None, *seen: float, open: bool = False) -> Timeline:
    window = Window("the last ping", earliest, latest, (seen[0], seen[-1]))
    return timeline(window, still_open=open)


def test_a_late_close_is_drawn_behind_its_window() -> None:
    assert drawn(of(1.4, 2.25, 3.1), 42) == [
        "0 -----------------[=========]---------x--",
        "                  1.40      2.25      3.10",
        "                     allowed          seen",
    ]


def test_an_early_close_is_drawn_before_its_window() -> None:
    assert drawn(of(1.4, 2.25, 1.0), 42) == [
        "0 ----------------x------[=============]--",
        "                 1.00   1.40          2.25",
        "                 seen        allowed",
    ]


def test_what_is_still_open_goes_on() -> None:
    axis, figures, words = drawn(of(1.4, 2.25, 3.9, open=True), 50)
    assert axis.endswith("]----------------->")
    assert figures.endswith("3.90")
    assert words.endswith("still open")
    assert str(of(1.4, 2.25, 3.9, open=True)) == (
        "allowed from 1.40 s to 2.25 s after the last ping; still open after 3.90 s"
    )


def test_a_moment_far_outside_breaks_the_axis_and_says_so() -> None:
    rows = drawn(of(None, 0.55, 130.0), 60)
    assert "//" in rows[0]
    assert rows[-1] == "(// = left out)"
    assert rows[0].count("=") > 15
    assert "//" not in drawn(of(70, 101, 131), 60)[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (of(1.4, 2.25, 1.0), "allowed from 1.40 s to 2.25 s after the last ping; "
                             "seen at 1.00 s, 0.40 s too early"),
        (of(None, 0.55, 0.7), "allowed up to 0.55 s after the last ping; "
                              "seen at 0.70 s, 0.15 s too late"),
        (of(3.0, None, 1.0), "allowed from 3.00 s after the last ping; "
                             "seen at 1.00 s, 2.00 s too early"),
        (of(1.4, 2.25, 1.399), "allowed from 1.400 s to 2.250 s after the last ping; "
                               "seen at 1.399 s, 1.0 ms too early"),
        (of(1.4, 2.25, 2.2, 2.6), "allowed from 1.40 s to 2.25 s after the last ping; "
                                  "seen between 2.200 s and 2.600 s"),
    ],
)  # fmt: skip
def test_the_sentence_says_what_the_picture_shows(line: Timeline, words: str) -> None:
    assert str(line) == words


@given(windows(), st.booleans(), st.integers(40, 110))
def test_every_picture_fits_and_shows_the_moment_on_its_true_side(
    window: Window, still_open: bool, width: int
) -> None:
    line = timeline(window, still_open=still_open)
    rows = drawn(line, width)
    assert all(len(row) <= width for row in rows)
    axis = rows[0]
    opening = axis.index("[")
    closing = len(axis) - 1 if window.latest is None else axis.index("]")
    least, most = window.observed
    assert opening < closing
    if still_open:
        if window.latest is not None and least > window.latest:
            assert axis.endswith(">")
        assert "too" not in str(line)
        return
    mark = axis.find("x")
    if window.earliest is not None and most < window.earliest:
        assert 0 <= mark < opening
        assert "too early" in str(line)
    elif window.latest is not None and least > window.latest:
        assert mark > closing
        assert "too late" in str(line)
    else:
        assert "too" not in str(line)


@given(windows())
def test_the_axis_never_runs_backwards(window: Window) -> None:
    line = timeline(window, still_open=False)
    moments = sorted({0.0, *line.allowed, *line.seen, line.end})
    fractions = [line.fraction(moment) for moment in moments]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == pytest.approx(1)


@given(windows())
def test_what_is_left_out_is_empty(window: Window) -> None:
    line = timeline(window, still_open=False)
    if line.gap is not None:
        for moment in (*line.allowed, *line.seen):
            assert not line.gap[0] < moment < line.gap[1]
        assert "//" in drawn(line, 70)[0]


@pytest.mark.parametrize(
    ("end", "still_open"), [(Ended("local"), True), (Ended("eof"), False), (Ended("reset"), False)]
)
def test_what_wsbeat_left_at_last_was_still_open(end: Ended, still_open: bool) -> None:
    last = Event(4, 1, 10.4, 10.4, "ended", content=end)
    window = Window("the Close", None, 10.25, (10.4, 10.4))
    seen = finding("S-DROP", "It was kept.", closed(2, 0.01), last, window=window)
    [shown] = failures(failed("S-DROP", seen))
    assert shown.when is not None
    assert shown.when.still_open == still_open
