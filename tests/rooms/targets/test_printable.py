"""Whatever a target says comes out harmless, readable and not too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.text_width import cells, cut, folded, wrapped
from conformance.targets.printable import printable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé, 日本", "plain, ünïcödé, 日本"),
        ("\x1b[31m", "<ESC>[31m"),
        ("a\0b\tc\r\n\x7f", "a<NUL>b<TAB>c<CR><LF><DEL>"),
        ("\u202etxt", "<U+202E>txt"),
        ("\ud800", "<U+D800>"),
        ("\x85\u2028\u200b\xa0\ufeff", "<U+0085><U+2028><U+200B><U+00A0><U+FEFF>"),
        ("\U000e0001\uffff", "<U+E0001><U+FFFF>"),
        (r'{"a":"\n"}', r'{"a":"\n"}'),
        ("", ""),
    ],
)
def test_what_has_no_glyph_is_named(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_every_text_becomes_one_printable_line_that_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8")[:0] == b""


@given(ANY_TEXT)
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    once = printable(text)
    assert printable(once, len(once)) == once


def test_a_long_text_is_cut_and_its_length_told() -> None:
    assert printable("x" * 3000, 10) == "xxxxxxxxxx... (3000 characters)"
    assert printable("x" * 10, 10) == "x" * 10


@given(st.text("ab 日\u0301", max_size=200), st.integers(10, 40))
def test_folding_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = folded(text, width)
    assert "".join(lines) == text
    assert all(cells(line) <= width for line in lines)


@given(st.text("ab 日-", max_size=200), st.integers(10, 40))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


@given(st.text("ab 日", max_size=60), st.integers(10, 40))
def test_cutting_keeps_the_width_and_shows_that_it_cut(text: str, width: int) -> None:
    shown = cut(text, width)
    assert cells(shown) <= width
    assert shown == text or shown.endswith("...")
