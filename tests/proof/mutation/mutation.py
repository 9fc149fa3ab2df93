"""The changes that are made to a file, and what is planned for it."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.trace.trace import Role

ROOT = Path(__file__).parents[3]
PLAN = Path(__file__).with_name("plan.toml")
ROLES: tuple[Role, ...] = ("server", "client")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A file with one change; `was` and `became` are the line that differs."""

    operator: str
    file: str
    line: int
    was: str
    became: str
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}\n    was    {self.was}\n    became {self.became}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others, even when lines above it come and go."""
        return self.file, self.was, self.became


@dataclass(frozen=True, slots=True)
class Part:
    """Files, and the quick tests that ought to notice a change in them."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


def judged_by(file: str) -> tuple[Role, ...]:
    """The roles of whose traces a change of the file can make a difference."""
    room = Path(file).parent.name
    return tuple(role for role in ROLES if role == room) or ROLES


def planned() -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The operators, and the tests of each file; each file is named by one part."""
    plan = tomllib.loads(PLAN.read_text("utf-8"))
    tests: dict[str, tuple[str, ...]] = {}
    for part in plan["part"]:
        for pattern in part["files"]:
            for path in sorted(ROOT.glob(pattern)):
                name = path.relative_to(ROOT).as_posix()
                tests[name] = tuple(part["tests"])
    return tuple(plan["operators"]), tests


def chosen(names: Sequence[str], globs: Sequence[str]) -> list[str]:
    """The names that match a pattern, or all of them if there is none.

    Raises ``ValueError`` for a pattern that matches nothing.
    """
    for glob in globs:
        if not fnmatch.filter(names, glob):
            raise ValueError(f"{glob} matches no file of {PLAN.name}")
    return [name for name in names if not globs or any(fnmatch.fnmatch(name, g) for g in globs)]


def mutations(file: str, operators: Sequence[str]) -> Iterator[Mutation]:
    """Every change that the operators make to a file, each once."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (ROOT / file).read_text("utf-8")
    seen = {source}
    for name in operators:
        operator = get_operator(f"core/{name}")()
        occurrence = 0
        while (changed := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            if changed not in seen:
                seen.add(changed)
                yield _mutation(name, file, source, changed)


def _mutation(operator: str, file: str, source: str, changed: str) -> Mutation:
    before, after = source.splitlines(), changed.splitlines()
    n = next(n for n, (b, a) in enumerate(zip(before, after, strict=False)) if b != a)
    if len(after) == len(before):
        return Mutation(operator, file, n + 1, before[n].strip(), after[n].strip(), changed)
    # A decorator that is gone has taken its line with it, and perhaps a blank one before it.
    n = next(n for n in range(n, len(before)) if before[n].strip())
    return Mutation(operator, file, n + 1, before[n].strip(), "", changed)
