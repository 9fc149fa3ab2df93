"""`python -m tests.proof.mutation [FILE...]`: change the suite's judgement; what notices?"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.proof.figures import measured, record
from tests.proof.mutation.mutation import chosen, mutations, planned
from tests.proof.mutation.survivors import survivors
from tests.proof.mutation.trial import tried, unchanged

SEED = 0
"""By which a share of the changes is chosen: the same every time."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutations; return 1 when one survives that is not listed, 2 for a usage error."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="of the plan; globs; else all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--share", type=float, default=1.0, help="of the changes, chosen by chance")
    parser.add_argument("--minutes", type=float, help="begin nothing new after so long")
    parser.add_argument("--record", action="store_true", help="write the figures for docs/proof.md")
    given = parser.parse_args(arguments)
    operators, tests = planned()
    try:
        files = chosen(list(tests), given.files)
    except ValueError as error:
        parser.error(str(error))
    for selection in sorted({tests[file] for file in files}):
        if not unchanged(selection):
            print(f"these fail on unchanged code: {' '.join(selection)}", file=sys.stderr)
            return 2
    known = survivors()
    by = None if given.minutes is None else time.monotonic() + 60 * given.minutes
    bad, scores, chance = 0, dict[str, dict[str, int]](), Random(SEED)
    for file in files:
        found = [
            (each, tests[file])
            for each in mutations(file, operators)
            if not any(s.is_out_of_the_question and s.covers(each) for s in known)
            and chance.random() < given.share
        ]
        if by is not None and time.monotonic() > by:
            print(f"no time was left for {file}")
            continue
        fates: Counter[str] = Counter()
        for mutation, fate in tried(found, given.jobs):
            listed = next((each for each in known if each.covers(mutation)), None)
            if fate == "survived" and listed is None:
                bad += 1
                print(f"SURVIVED {mutation}", flush=True)
            fates["listed" if fate == "survived" and listed else fate] += 1
        scores[file] = dict(fates)
        caught = fates["killed"] + fates["timed out"]
        print(f"{file}: {caught} of {len(found)} killed, {dict(fates)}", flush=True)
    if given.record:
        whole = given.share == 1
        # A file of which nothing has changed since need not be tried again.
        before = measured().get("mutation", {}) if whole and given.files else {}
        if before.get("share") == 1:
            scores = {file: scores.get(file) or before["files"].get(file, {}) for file in tests}
        record(
            "mutation",
            "make mutation"
            if whole
            else f"python -m tests.proof.mutation --record --share {given.share:g}",
            {"files": scores, "share": given.share},
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
