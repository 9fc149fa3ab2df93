"""Making harmless what a target said, so that it can be shown to a person and put into a file.

A target may send escape sequences that rewrite a terminal, marks that reverse the reading order,
halves of surrogate pairs, or megabytes. What has no glyph of its own is named in angle brackets:
`<ESC>`, `<U+202E>`. Backslash escapes would not do, for in JSON a line feed and a backslash with an
`n` are two different things, and which of them was sent can be what a failure is about.
"""

from __future__ import annotations

LONGEST_PRINTED = 2000
"""How many characters of one text a report for people shows."""


_NAMES = {"\0": "NUL", "\t": "TAB", "\n": "LF", "\r": "CR", "\x1b": "ESC", "\x7f": "DEL"}


def printable(text: str, longest: int = LONGEST_PRINTED) -> str:
    """The text with everything named that has no glyph, cut to `longest` characters.

    What is returned has no control characters, no format characters and no surrogates: it can be
    encoded as UTF-8, stands on one line, and is allowed in XML 1.0.
    """
    if len(text) > longest:
        return f"{printable(text[:longest], longest)}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"<{_name(char)}>" for char in text)


def _name(char: str) -> str:
    return _NAMES.get(char) or f"U+{ord(char):04X}"
