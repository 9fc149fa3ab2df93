"""How each requirement usually breaks and how to mend it, read out of ``mends.md``.

A section for each requirement, headed by its ID: a paragraph on the fault, one that begins with
"Mend:", and an item for each library where they differ.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from spec.document import Heading, Paragraph, parse

_AT = re.compile(r"\* (FastAPI|Node|Browser): ")


class MendError(Exception):
    """``mends.md`` does not have the form that it describes: a defect of this package."""


@dataclass(frozen=True, slots=True)
class Mend:
    """What is known of one requirement; all texts are Markdown.

    ``breaks`` says how it usually breaks, ``mend`` in one sentence what to do; ``at`` has what
    differs with the library, by its name.
    """

    breaks: str
    mend: str
    at: Mapping[str, str] = field(default_factory=dict)


def mend_of(id: str) -> Mend:
    """Return what is known of the requirement with this ID; there is something on each."""
    return mends()[id]


@cache
def mends() -> Mapping[str, Mend]:
    """Return what is known of every requirement, by its ID."""
    return dict(mends_in((resources.files("spec") / "mends.md").read_text("utf-8")))


def mends_in(text: str) -> Iterator[tuple[str, Mend]]:
    """Yield the mends of a text; raise ``MendError`` for a section that is not in its form."""
    sections: dict[str, list[str]] = {}
    told: list[str] = []
    for block in parse(text):
        if isinstance(block, Heading):
            told = []
            if block.title in sections:
                raise MendError(f"{block.title} has two sections")
            sections[block.title] = told
        elif isinstance(block, Paragraph):
            told.append(block.text)
    for id, paragraphs in list(sections.items())[1:]:
        yield id, _mend(id, paragraphs)


def _mend(id: str, paragraphs: list[str]) -> Mend:
    prose = [each for each in paragraphs if not each.startswith("* ")]
    if len(prose) != 2 or not prose[1].startswith("Mend: "):
        raise MendError(f'{id}: expected a paragraph on the fault, and one that begins "Mend:"')
    at = {}
    for item in (each for each in paragraphs if each.startswith("* ")):
        found = _AT.match(item)
        if not found:
            raise MendError(f"{id}: an item is about none of FastAPI, Node, Browser: {item}")
        at[found[1]] = item[found.end() :]
    sentence = prose[1].removeprefix("Mend: ")
    return Mend(prose[0], sentence[:1].upper() + sentence[1:], at)
