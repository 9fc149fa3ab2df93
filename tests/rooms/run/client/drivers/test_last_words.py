"""What is kept of what a client prints."""

from __future__ import annotations

from conformance.run.client.drivers.driver import LONGEST_LINE, LastWords


def test_colours_do_not_hide_what_was_printed() -> None:
    """Some print them wherever they print; what else rewrites a terminal is kept, and named."""
    words = LastWords()
    for piece in (
        "\x1b[0m\x1b[1;31merr",
        "or\x1b[",
        "0m: no \x1b[2Jroute\nand \x1b[38;5;24",
        "5mmore",
    ):
        words.take(piece)
    assert str(words) == "error: no \x1b[2Jroute\nand more"


def test_colours_do_not_use_up_the_length_of_a_line() -> None:
    words = LastWords()
    words.take("\x1b[0m" * LONGEST_LINE + "told\n")
    assert str(words) == "told"
