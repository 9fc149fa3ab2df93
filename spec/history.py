"""Which versions of the protocol there have been, and what each brought, read out of appendix C."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from spec.document import Block, Paragraph, blocks

_VERSION = re.compile(r"\*\*Version (\d+\.\d+)\.\*\*")
_NEW = re.compile(r"\* ([A-Z]+(?:-[A-Z]+)+) is new\b")


@cache
def versions() -> tuple[str, ...]:
    """Return every version of the protocol, the first one first."""
    return versions_in(blocks())


def versions_in(text: Sequence[Block]) -> tuple[str, ...]:
    """Return the versions that a text tells the changes of, the first one first."""
    return tuple(reversed([version for version, id in _told(text) if id is None]))


def new_in(text: Sequence[Block]) -> Mapping[str, str]:
    """Return, for the IDs of requirements that were not in the first version, their first one."""
    return {id: version for version, id in _told(text) if id is not None}


def is_in(since: str, version: str) -> bool:
    """Tell whether what is there since a version is in another one."""
    return _ordered(since) <= _ordered(version)


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _told(text: Sequence[Block]) -> Iterator[tuple[str, str | None]]:
    """Yield each version with None, and then with the ID of each requirement that it brought."""
    version = None
    for block in text:
        if not isinstance(block, Paragraph):
            continue
        if begun := _VERSION.match(block.text):
            version = begun[1]
            yield version, None
        elif version is not None and (brought := _NEW.match(block.text)):
            yield version, brought[1]
