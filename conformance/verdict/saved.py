"""Traces that are kept in a folder as they are judged, for whoever wants to look."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.trace.trace import Trace


@dataclass(slots=True)
class SavedTraces:
    """The traces of a run in a folder, one file for each scenario; in none, if there is none."""

    folder: Path | None
    why_not: str = ""
    """Why traces are no longer kept, in a sentence."""
    _scenarios: set[str] = field(default_factory=set)

    def kept(self, trace: Trace) -> Trace:
        """Write down a trace; returns it with the file that it stands in, if it does."""
        if self.folder is None or self.why_not:
            return trace
        path = self.folder / f"{trace.scenario}.jsonl"
        mode = "a" if trace.scenario in self._scenarios else "w"
        self._scenarios.add(trace.scenario)
        try:
            with path.open(mode, encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in trace.to_lines())
        except OSError as error:
            # The verdicts do not depend on it: the run goes on.
            self.why_not = f"Traces were kept up to {path.name} only: {error.strerror}."
            return trace
        return replace(trace, source=str(path))
