"""The table of mutants for the docs: ``python -m tests.mutants.table`` runs the matrix anew.

It is written only if every mutant was killed, and rightly, so that what stands in it was seen. It
runs what CI runs, and tells of nothing that the test of the matrix does not demand.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import spec
from conformance.trace.trace import Role
from tests.mutants import matrix, real, virtual
from tests.mutants.matrix import BASES, REAL_ONLY, Reports, Subject
from tests.proof.figures import record

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"

HEAD = """\
# Kill matrix

A check is worth something if it fails when it ought to, and then alone. So there are servers and
clients that break one sentence of the [contract](../spec/protocol.md) each and keep all the others:
here they are, with the requirement that fails on them. Nothing else does, but for what stands
beside them with the reason why that cannot be helped. What they derive from, a server and a client
that keep every sentence, has to be found conformant.

Many servers answer from a queue, and most echo nothing. So mutants that end a connection or delay
an answer are run in that manner besides, and have to be killed by the same requirement there.

CI runs all of them in virtual time, which takes no longer than there is something to do. By the
command, in real time and in processes of their own, `make live` runs the first one of every other
section of the contract, and all of {real}, which take processes of their own.

This page is written by `python -m tests.mutants.table`, which runs all that first."""

COLUMNS = "| Requirement | Mutant | What it does | What fails beside, and why |\n|---|---|---|---|"


def page() -> str:
    """The whole page, as long as every mutant is killed rightly."""
    lines = [HEAD.format(real=" and ".join(sorted(REAL_ONLY)))]
    for role in BASES:
        lines += ["", f"## {role.capitalize()}s: {_count(role)}", "", COLUMNS, *_rows(role)]
    return "\n".join(lines) + "\n"


def _count(role: Role) -> str:
    rows = matrix.rows(role)
    return f"{sum(map(len, rows.values()))} mutants for {len(rows)} requirements"


def _rows(role: Role) -> Iterator[str]:
    rows = matrix.rows(role)
    for requirement in [each.id for each in spec.requirements() if each.id in rows]:
        for place, mutant in enumerate(rows[requirement]):
            also = "; ".join(f"{id}: {why}" for id, why in mutant.also.items())
            name = "" if place else requirement
            yield f"| {name} | `{mutant.name}` | {_cell(mutant.sentence)} | {_cell(also)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def faults() -> Iterator[str]:
    """Run the whole matrix; what speaks against the page, in sentences."""
    bases = [(role, name) for role in BASES for name in BASES[role]]
    with virtual.reports([*bases, *matrix.in_virtual_time()]) as reports:
        yield from _faults(reports, exactly=True)
    with virtual.reports(matrix.in_other_manners()) as reports:
        yield from _faults(reports)
    with real.reports([*bases, ("server", real.STARTED), *matrix.in_real_time()]) as reports:
        yield from _faults(reports)


def _faults(reports: Reports, *, exactly: bool = False) -> Iterator[str]:
    for (role, name), coming in reports.items():
        report = coming.result()
        if _is_mutant((role, name)):
            yield from matrix.faults(matrix.peer(role, name), report, exactly=exactly)
        elif report.outcome != "conformant":
            yield f"The {role} that mutants derive from ({name}) is {report.outcome}.\n{report}"


def _is_mutant(subject: Subject) -> bool:
    role, name = subject
    return matrix.known_as(role, name) in {mutant.name for mutant in matrix.known(role)}


def _figures(role: Role) -> dict[str, int]:
    """How many mutants were killed: here, where nothing spoke against it, all of them."""
    mutants = [mutant for row in matrix.rows(role).values() for mutant in row]
    declared = sum(bool(mutant.also) for mutant in mutants)
    return {
        "mutants": len(mutants),
        "killed": len(mutants),
        "alone": len(mutants) - declared,
        "declared": declared,
    }


def main() -> int:
    """Write the page; return 1, and leave it as it was, if the matrix is not as it should be."""
    begun = time.monotonic()
    found = list(faults())
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    PAGE.write_text(page(), "utf-8")
    record(
        "matrix",
        "python -m tests.mutants.table",
        {"seconds": round(time.monotonic() - begun), **{role: _figures(role) for role in BASES}},
    )
    print(f"{PAGE.name} was written: all mutants were killed, and nothing else fails.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
