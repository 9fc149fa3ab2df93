"""``python -m tests.mutants.production [NAME ...]``: the kill matrix at the timing of production.

The matrix is tested at ``fast`` timing, where each mutant fails with what it declares and with
nothing else. Whatever it fails with here, and not there, or the other way round, is listed, but for
what the mutant explains as ``at_production``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import as_completed

from conformance.trace.trace import Role
from tests.mutants import matrix, virtual
from tests.mutants.matrix import BASES, Report, Subject

TIMING = "production"


def differences(role: Role, name: str, report: Report) -> list[str]:
    """What a run at the timing of production found otherwise than one at ``fast``, in sentences."""
    if matrix.known_as(role, name) == "compliant":
        return [] if report.outcome == "conformant" else [f"{name} is {report.outcome}: {report}"]
    mutant = matrix.peer(role, name)
    expected = {mutant.requirement, *mutant.also} ^ mutant.at_production.keys()
    return [
        f"{name}: {id} {'fails' if id in report.failed else 'does not fail'} at {TIMING} timing. "
        f"{' / '.join(report.findings.get(str(id), ()))}"
        for id in sorted(map(str, expected ^ report.failed))
    ]


def subjects(names: Sequence[str]) -> list[Subject]:
    """What is run: all that is named, or everything that virtual time can show."""
    known: list[Subject] = [(role, name) for role in BASES for name in BASES[role]]
    known += matrix.in_virtual_time()
    return [each for each in known if not names or each[1] in names]


def main() -> int:
    """Run what is named, or all; return 1 if anything is found otherwise than at ``fast``."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.production")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--workers", type=int, default=virtual.WORKERS)
    given = parser.parse_args()
    begun, chosen, differing = time.monotonic(), subjects(given.names), 0
    with virtual.reports(chosen, TIMING, given.workers) as found:
        waiting = {future: subject for subject, future in found.items()}
        for future in as_completed(waiting):
            role, name = waiting[future]
            told = differences(role, name, future.result())
            differing += bool(told)
            for sentence in told:
                print(f"{role}: {sentence}", flush=True)
    spent = time.monotonic() - begun
    print(f"{len(chosen)} peers at {TIMING} timing in {spent:.0f} s: {differing} differ from fast.")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
