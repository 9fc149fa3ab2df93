"""`python -m tests.proof.slowness`: how long a run takes on servers that break something.

The waits of a run are measured in virtual time, so that it is the same on any machine: what is
computed meanwhile takes none. Those of a good run are the longest wait of the contract, and what
is said before.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence

import spec
from tests.mutants import matrix, virtual
from tests.mutants.matrix import Subject
from tests.proof.figures import record

GOOD = "compliant"
SLOWEST = 5
"""How many of the slowest are named."""


def measured(subjects: Sequence[Subject]) -> dict[str, float]:
    """How long a run on each server takes, in seconds of waiting, the slowest first."""
    with virtual.reports(subjects) as reports:
        found = {name: coming.result().seconds for (_, name), coming in reports.items()}
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def main() -> None:
    """Print how long each takes; with --record, write the slowest for docs/proof.md."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--record", action="store_true", help="write the figures for docs/proof.md")
    parser.add_argument("names", nargs="*", help="servers of the matrix; all unless given")
    given = parser.parse_args()
    servers: list[Subject] = [each for each in matrix.in_virtual_time() if each[0] == "server"]
    if given.names:
        servers = [("server", name) for name in given.names]
    seconds = measured([("server", GOOD), *servers])
    longest = spec.load_timing("fast").longest_wait
    for name, took in seconds.items():
        print(f"{took:7.2f} s  {took / longest:5.2f}  {name}")
    if given.record:
        broken = [took for name, took in seconds.items() if name != GOOD]
        slowest = [name for name in seconds if name != GOOD][:SLOWEST]
        values = {
            "longest_wait": longest,
            "good": round(seconds[GOOD], 2),
            "servers": len(broken),
            "median": round(statistics.median(broken), 2),
            "slowest": {name: round(seconds[name], 2) for name in slowest},
        }
        record("slowness", "python -m tests.proof.slowness --record", values)


if __name__ == "__main__":
    main()
