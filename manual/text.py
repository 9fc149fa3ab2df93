"""One text of the repository as a page of the site: its links, its requirements, its examples.

On the site each requirement has a heading of its own below it, so that it has an anchor, a place in
the table of contents and one in the search; and wherever its ID stands in prose, it is a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from os.path import relpath
from pathlib import PurePosixPath

import spec

PROTOCOL = PurePosixPath("spec/protocol.md")
MENDS = PurePosixPath("spec/mends.md")

IDS = "|".join(sorted((each.id for each in spec.requirements()), key=len, reverse=True))
STATED = re.compile(r"\*\*\[([A-Z0-9-]+)\]\*\* ")
LINK = re.compile(r"\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)")
LITERAL = re.compile(rf"``.+?``|`[^`]*`|<!--.*?-->|{LINK.pattern}|(?<![\w-])({IDS})(?![\w-])", re.S)
"""What is left as it is: code, comments and links. Last the ID that becomes a link."""

Placed = Callable[[PurePosixPath], PurePosixPath | None]
"""Where a file or folder of the repository lies on the site; None where it is not on it."""


def as_page(text: str, source: PurePosixPath, placed: Placed) -> str:
    """A text as the site has it; `source` is its path from the folder of the repository."""
    return "\n\n".join(_block(block, source, placed) for block in _blocks(text)) + "\n"


def anchor(id: str) -> str:
    """The anchor of a requirement, on the page of the protocol and on that of the mends."""
    return id.lower()


def _blocks(text: str) -> Iterator[str]:
    """The blocks between blank lines; one that is fenced counts as one, its blank lines too."""
    fenced = False
    marked = []
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith("```")
        marked.append((fenced or is_fence or bool(line.strip()), line))
        fenced ^= is_fence
    for has_text, lines in groupby(marked, key=lambda pair: pair[0]):
        if has_text:
            yield "\n".join(line for _, line in lines)


def _block(block: str, source: PurePosixPath, placed: Placed) -> str:
    if block.lstrip().startswith(("```", "<!--")) or block.startswith("    "):
        return re.sub(r"^```(exchange .+)$", r'```{ .text title="\1" }', block, flags=re.M)
    home = placed(source)
    assert home is not None
    if block.startswith("## ") and source == MENDS:
        id = block.removeprefix("## ")
        requirement = f"[The requirement]({_to(PROTOCOL, id, home, placed)})"
        return f"## {id} {{ #{anchor(id)} }}\n\n{requirement}"
    if block.startswith("#"):
        return block
    stated = STATED.match(block) if source == PROTOCOL else None
    if stated is None:
        return _inline(block, source, placed)
    id = stated[1]
    sentence = _inline(block[stated.end() :], source, placed)
    mend = f"[mend]({_to(MENDS, id, home, placed)}){{ .mend }}"
    heading = f"#### {id} {{ #{anchor(id)} .requirement }}"
    return f"{heading}\n\n**[[{id}]](#{anchor(id)}){{ .stated }}** {sentence} {mend}"


def _inline(block: str, source: PurePosixPath, placed: Placed) -> str:
    home = placed(source)
    assert home is not None

    def linked(found: re.Match[str]) -> str:
        words, target, id = found.groups()
        if id:
            return f"[{id}]({_to(PROTOCOL, id, home, placed)}){{ .id }}"
        return _link(words, target, source, placed) if target else found[0]

    return LITERAL.sub(linked, block)


def _link(words: str, target: str, source: PurePosixPath, placed: Placed) -> str:
    """A link to where its target lies on the site; the words alone where it is not there."""
    path, hash_, fragment = target.partition("#")
    if "://" in target or not path:
        return f"[{words}]({target})"
    aim = PurePosixPath(_normal(source.parent / path))
    there, home = placed(aim), placed(source)
    if there is None or home is None:
        return words
    return f"[{words}]({relpath(there, home.parent)}{hash_}{fragment})"


def _to(page: PurePosixPath, id: str, home: PurePosixPath, placed: Placed) -> str:
    there = placed(page)
    assert there is not None
    return f"{'' if there == home else relpath(there, home.parent)}#{anchor(id)}"


def _normal(path: PurePosixPath) -> str:
    return relpath(path, ".")
