"""The page on enemies in the docs, measured afresh: ``python -m tests.enemies.table``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import spec
from conformance.wire.ends.framing import SENDING
from tests.enemies.encounter import MOST_MEMORY, Encounter, encounter, longest_run
from tests.enemies.enemy import Enemy, enemies

PAGE = Path(__file__).parents[2] / "docs" / "enemies.md"

ABOUT = """\
# Enemies

A suite is pointed at servers that nobody has checked yet. Some of them flood, stall, break the
framing, or answer with what is meant for whoever reads the report. These are the ones that wsbeat
is tried on, each in a process of its own, with the command that you would use. Whatever a server
does, a run on it

* ends: at `fast` timing within {seconds:.0f} s, which is the time for exploring messages, {windows}
  the longest wait that any requirement needs, and {slow:.0f} s for messages that are read slowly;
* stays small: wsbeat and the process that it waits in take less than {memory:.0f} MiB together;
* is never green: it exits with 1 or 3, and satisfies no requirement on answers where none came;
* prints nothing hostile: no control character and no mark that turns the reading order round is
  in any report, and no markup of the server's in HTML or XML.

`tests/enemies/test_enemies.py` holds every run to that. To look at one of them yourself:

    python -m tests.enemies "black hole"

It prints its URL, for `wsbeat server` with `--timing fast`. The table is written anew by
`python -m tests.enemies.table`; its figures are of one machine, one run after the other. What
a server does to silent connections is left out where its deed has nothing to do with time: those
rows are marked *at once*.
"""

HEAD = """\
| Enemy | What it does | Outcome (exit code) | Violated | Seconds | MiB |
|---|---|---|---|---:|---:|"""

WINDOWS_IN_WORDS = "ten times"


def page(found: Mapping[Enemy, Encounter]) -> str:
    """The whole page, in Markdown."""
    return "\n".join((about(), *table(found), ""))


def about() -> str:
    """What stands above the table, with the bounds that the runs are held to."""
    seconds = longest_run(spec.load_timing("fast"))
    return ABOUT.format(
        seconds=seconds, windows=WINDOWS_IN_WORDS, slow=2 * SENDING, memory=MOST_MEMORY
    )


def table(found: Mapping[Enemy, Encounter]) -> Iterator[str]:
    """The lines of a Markdown table: every enemy, and what became of the run on it."""
    yield HEAD
    for enemy, met in found.items():
        violated = [name for name, verdict in met.verdicts.items() if verdict == "failed"]
        yield (
            f"{begun(enemy)} {met.outcome} ({met.exit_code}) "
            f"| {', '.join(violated)} | {met.seconds:.1f} | {met.memory:.0f} |"
        )


def begun(enemy: Enemy) -> str:
    """The beginning of an enemy's row, which does not depend on any run."""
    options = f" `{' '.join(enemy.options)}`" if enemy.options else ""
    return f"| {enemy.name}{options}{'' if enemy.clock else ' (*at once*)'} | {enemy.sentence} |"


if __name__ == "__main__":
    PAGE.write_text(page({each: encounter(each) for each in enemies().values()}), "utf-8")
