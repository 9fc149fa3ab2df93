"""What is known to survive, each with its reason."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.proof.mutation.mutation import Mutation

SURVIVORS = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change, or by `lines` a family of changes, that no test can be expected to notice.

    `lines` is a regular expression. With `operators` only what these do to such lines is meant, and
    it is tried all the same: some of it may be noticed.
    """

    file: str
    reason: str
    was: str | None = None
    became: str | None = None
    lines: str | None = None
    operators: tuple[str, ...] = ()

    @property
    def is_out_of_the_question(self) -> bool:
        """Whether there is no point in trying."""
        return self.lines is not None and not self.operators

    def covers(self, mutation: Mutation) -> bool:
        """Whether this is the mutation that is meant."""
        if not fnmatch.fnmatch(mutation.file, self.file):
            return False
        if self.operators and mutation.operator not in self.operators:
            return False
        if self.lines is not None:
            return re.search(self.lines, mutation.was) is not None
        return (self.was, self.became) == (mutation.was, mutation.became)


def survivors() -> tuple[Survivor, ...]:
    """All that are listed. Raises ``TypeError`` for an entry without file or reason."""
    listed = tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", [])
    return tuple(
        Survivor(**{**entry, "operators": tuple(entry.get("operators", ()))}) for entry in listed
    )
