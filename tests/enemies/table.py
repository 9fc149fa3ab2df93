"""The table of enemies for the docs, measured afresh: ``python -m tests.enemies.table``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.enemies.encounter import Encounter, encounter
from tests.enemies.enemy import Enemy, enemies

HEAD = """\
| Enemy | What it does | Outcome | Violated | Seconds | MiB |
|---|---|---|---|---:|---:|"""


def table(found: Mapping[Enemy, Encounter]) -> Iterator[str]:
    """The lines of a Markdown table: every enemy, and what became of the run on it."""
    yield HEAD
    for enemy, met in found.items():
        violated = [name for name, verdict in met.verdicts.items() if verdict == "failed"]
        yield (
            f"| {enemy.name} | {enemy.sentence} | {met.outcome} ({met.exit_code}) "
            f"| {', '.join(violated)} | {met.seconds:.1f} | {met.memory:.0f} |"
        )


if __name__ == "__main__":
    print("\n".join(table({each: encounter(each) for each in enemies().values()})))
