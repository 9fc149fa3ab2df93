"""The files of the corpus: traces, and beside each what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.trace.file import read_traces
from conformance.trace.trace import Trace

CORPUS = Path(__file__).with_name("traces")
JUDGED = ".judged.jsonl"


def recorded() -> Iterator[Path]:
    """The files with traces, in order."""
    found = CORPUS.glob("*/*.jsonl")
    yield from sorted(path for path in found if not path.name.endswith(JUDGED))


def hunted(folder: Path) -> Path:
    """The file of a role's traces that were kept when they were found: nothing makes them anew."""
    return folder / "hunted.jsonl"


def judgement_of(path: Path) -> Path:
    """The file that says what is expected of the traces in another."""
    return path.with_suffix(JUDGED)


def expected_of(path: Path) -> list[str]:
    """What the rules are to say of the traces in a file, in lines."""
    return judgement_of(path).read_text("utf-8").splitlines()


def traces_in(path: Path, *, trusted: bool) -> list[Trace]:
    """The traces in a file; `trusted` ones are not checked first."""
    with path.open(encoding="utf-8") as file:
        return list(read_traces(file, path.name, trusted=trusted))


def write(path: Path, traces: Sequence[Trace]) -> None:
    """Write a file of traces; what is expected of them is another's to write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for trace in traces for line in trace.to_lines()), "utf-8")
