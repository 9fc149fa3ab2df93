"""`python -m tests.corpus record | judge`: make the corpus anew, or what is expected of it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from itertools import chain

from tests.corpus import recording
from tests.corpus.files import CORPUS, judgement_of, recorded, traces_in
from tests.corpus.judged import lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; `record` judges, too."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("what", choices=("record", "judge"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    if given.what == "record":
        # Whatever cannot be made is noticed before anything is thrown away.
        found = list(chain(recording.of_models(), recording.of_subjects(given.jobs)))
        shutil.rmtree(CORPUS, ignore_errors=True)
        for subject, traces in found:
            recording.write(CORPUS, subject, traces)
    for path in recorded():
        said = "".join(f"{line}\n" for line in lines(traces_in(path, trusted=False)))
        judgement_of(path).write_text(said, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
