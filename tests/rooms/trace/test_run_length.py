"""Long texts survive their description, and no description asks for more than there is room."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.trace.event import Event
from conformance.trace.run_length import LARGEST_TEXT, LONG_TEXT, runs, text_of
from tests.traces.effort import examples

PIECES = st.lists(
    st.tuples(st.text(min_size=1, max_size=9), st.sampled_from([1, 3, 300, 9000])), max_size=6
)


@examples(100)
@given(PIECES)
def test_a_text_is_the_same_again(pieces: list[tuple[str, int]]) -> None:
    text = "".join(piece * times for piece, times in pieces)
    event = Event(0, 1, 0.0, 0.0, "sent", "text", text)
    assert Event.from_json(event.to_json()) == event
    described = runs(text)
    assert described is None or text_of(described) == text


@pytest.mark.parametrize("depth", [5000, 100_000])
def test_what_repeats_itself_takes_little_room(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        described = runs(text)
        assert described is not None
        assert len(described) <= 3


def test_what_does_not_repeat_itself_stays_as_it_is() -> None:
    assert runs("".join(map(str, range(LONG_TEXT)))) is None
    assert runs("a" * (LONG_TEXT - 1)) is None


def test_a_description_of_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        text_of([["ab", LARGEST_TEXT]])


def test_a_long_text_is_described_in_little_more_memory_than_it_takes() -> None:
    text = "a" * (17 << 20)
    tracemalloc.start()
    try:
        assert runs(text) == [["a", len(text)]]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(text)
