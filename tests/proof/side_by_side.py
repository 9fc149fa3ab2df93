"""`python -m tests.proof many`: hundreds of runs on compliant peers, several at a time.

The manual promises that a busy machine makes nothing a violation. Each run has a peer of its own,
beside busy loops and the other runs. What finds a violation all the same is kept, with its traces.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, TypeAlias

from tests.proof.load import busy_loops
from tests.proof.runs import COMPLIANT, Client, Report, Tally, checking, reported, tally
from tests.references.client_js.node import ROOT

KEPT_IN = ROOT / "build" / "runs"
LONGEST = 1200.0  # seconds; so many side by side take their time
HEADS = "peer", "runs", "conformant", "incomplete", "violated"

Job: TypeAlias = tuple[str, int]
"""A peer by its name, and which run on it this is."""


@dataclass
class Many:
    """Runs on some peers, `count` on each, so many at once, beside so many busy loops."""

    names: Sequence[str]
    count: int
    at_once: int
    loops: int
    examples: int
    reports: dict[str, list[Report]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def go(self) -> Iterator[str]:
        """Run all; says what goes wrong as soon as it does, and now and then how far it got.

        Interrupted, it begins no more of them, waits for those that are under way without counting
        them, and says how many there were by then.
        """
        self.reports = {name: [] for name in self.names}
        # The peers take turns: whatever else the machine does, all of them meet it.
        jobs = [(name, number) for number in range(self.count) for name in self.names]
        begun = time.monotonic()
        with busy_loops(self.loops), ThreadPoolExecutor(self.at_once) as pool:
            found = {pool.submit(self._run, job): job for job in jobs}
            done = 0
            try:
                for done, future in enumerate(as_completed(found), 1):
                    yield from self._heard(future, *found[future])
                    if done % max(1, len(jobs) // 20) == 0:
                        yield f"{done} of {len(jobs)} runs in {time.monotonic() - begun:.0f} s"
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                yield f"interrupted after {done} of {len(jobs)} runs"

    def _heard(self, future: Future[Report], name: str, number: int) -> Iterator[str]:
        try:
            report = future.result()
        except (AssertionError, OSError, TimeoutExpired) as error:
            self.failures.append(f"{name}, run {number}: {error}")
            yield self.failures[-1]
            return
        self.reports[name].append(report)
        if report["outcome"] != "conformant":
            yield f"{name}, run {number}: {_in_short(report)}"

    def _run(self, job: Job) -> Report:
        name, number = job
        traces = KEPT_IN / f"{name.replace(' ', '_').replace('(', '').replace(')', '')}-{number}"
        shutil.rmtree(traces, ignore_errors=True)
        traces.mkdir(parents=True)
        more = ["--traces", str(traces), "--examples", str(self.examples)]
        with checking(name) as command:
            report = reported([*command, *more], LONGEST)
        if report["outcome"] != "violated":
            shutil.rmtree(traces)
        return report

    def tallies(self) -> dict[str, Tally]:
        """What the runs on each peer came to."""
        return {name: tally(reports) for name, reports in self.reports.items()}


def chosen(role: str | None, only: Sequence[str]) -> list[str]:
    """The peers of a role, or those that are named."""
    return [
        name
        for name, peer in COMPLIANT.items()
        if (not only or name in only)
        and (role is None or isinstance(peer, Client) is (role == "client"))
    ]


def table(tallies: dict[str, Tally]) -> Iterator[str]:
    """The lines of a table: a peer in each."""
    rows = [HEADS]
    for name, found in tallies.items():
        counts = [found.outcomes.get(head, 0) for head in HEADS[2:]]
        rows.append((name, str(sum(counts)), *map(str, counts)))  # type: ignore[arg-type]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest))


def added(
    earlier: Mapping[str, Any], tallies: Mapping[str, Tally], loops: int, at_once: int
) -> dict[str, Any]:
    """The figures of the runs, together with those of earlier ones and how these were made.

    Raises ValueError where the earlier ones had other company: they are no more of the same.
    """
    company = {"loops": loops, "at_once": at_once}
    if not earlier:
        return {"peers": {name: asdict(found) for name, found in tallies.items()}, **company}
    if any(earlier[each] != count for each, count in company.items()):
        beside = {each: earlier[each] for each in company}
        raise ValueError(f"What is recorded was beside {beside}, and these beside {company}.")
    peers = {
        name: {
            part: dict(Counter(earlier["peers"].get(name, {}).get(part, {})) + Counter(counts))
            for part, counts in asdict(found).items()
        }
        for name, found in tallies.items()
    }
    made = {each: earlier[each] for each in ("command", "date", "machine")}
    return {
        "peers": {**earlier["peers"], **peers},
        **company,
        "earlier": [*earlier.get("earlier", ()), made],
    }


def _in_short(report: Report) -> str:
    """What speaks against a run's being conformant, in one line."""
    told = [
        f"{each['id']} {each['verdict']}"
        + "".join(f" ({found['scenario']}: {found['message']} {found['actual']})"
                  for found in each["findings"][:1])
        for each in report["requirements"]
        if each["verdict"] in ("failed", "warned", "inconclusive")
    ]  # fmt: skip
    return f"{report['outcome']}: {'; '.join(told) or 'nothing was seen'}"


def where(kept: Path = KEPT_IN) -> str:
    """Where the traces are of what was violated."""
    return f"The traces of violations are in {kept.relative_to(ROOT)}."
