"""A sighting: that a requirement was broken in a crowd, or may have been, and where it began.

What a busy machine may have brought about has to show itself twice, here as elsewhere; but a crowd
cannot be measured again, alone. So it has to be seen at two moments that lie at least
`heartbeat_interval` apart: no hiccup of a machine lasts for so long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import inf
from typing import Any

from conformance.rules.observation import Window
from conformance.trace.event import Event
from conformance.verdict.finding import Finding, size_of

FINDINGS_TOLD = 2
"""How many findings of a sighting each worker tells."""


@dataclass(slots=True)
class Sighting:
    """How often a requirement was certainly broken, perhaps, or undecidably; and since when.

    Moments are seconds since the crowd began, by the clock of the worker that saw it. Of those that
    are no violation until they are seen twice, `suspected` counts the occasions.
    """

    sure: int = 0
    suspected: int = 0
    undecidable: int = 0
    first: float = inf
    first_suspected: float = inf
    last_suspected: float = -inf
    reason: str = ""
    """Why an occasion decided nothing, in a sentence."""
    members: set[int] = field(default_factory=set)
    """The places in the crowd whose connections it was seen on."""
    told_members: int = 0
    """How many of them other workers told of."""
    findings: list[Finding] = field(default_factory=list)

    def saw(self, moment: float, member: int, *, is_sure: bool) -> None:
        """Count one occasion on which it was broken."""
        if is_sure:
            self.sure += 1
        else:
            self.suspected += 1
            self.first_suspected = min(self.first_suspected, moment)
            self.last_suspected = max(self.last_suspected, moment)
        self.first = min(self.first, moment)
        self.members.add(member)

    def keep(self, finding: Finding) -> None:
        """Keep a finding, if it is one of the shortest."""
        self.findings = sorted([*self.findings, finding], key=size_of)[:FINDINGS_TOLD]

    def lacks(self, message: str) -> bool:
        """Whether no finding was kept yet that says the same, or there is room for one more."""
        return len(self.findings) < FINDINGS_TOLD or all(
            each.message != message for each in self.findings
        )

    @property
    def count_of_members(self) -> int:
        """On how many places of the crowd it was seen."""
        return len(self.members) + self.told_members

    def violations(self, apart: float) -> int:
        """How many occasions are violations; suspicions have to lie `apart` (seconds) for that."""
        return self.sure + (self.suspected if self._is_confirmed(apart) else 0)

    def doubts(self, apart: float) -> int:
        """How many occasions decide nothing."""
        return self.undecidable + (0 if self._is_confirmed(apart) else self.suspected)

    def was_seen_once(self, apart: float) -> bool:
        """Whether it was seen in a way that has to show itself twice, and did not."""
        return self.suspected > 0 and not self._is_confirmed(apart)

    def _is_confirmed(self, apart: float) -> bool:
        return self.last_suspected - self.first_suspected >= apart

    def to_json(self) -> dict[str, Any]:
        """The sighting for whoever adds those of all workers up."""
        return {
            "counts": [self.sure, self.suspected, self.undecidable, self.count_of_members],
            "first": _or_none(self.first),
            "suspected": [_or_none(self.first_suspected), _or_none(self.last_suspected)],
            "reason": self.reason,
            "findings": [_told(each) for each in self.findings],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Sighting:
        sure, suspected, undecidable, members = told["counts"]
        first, last = told["suspected"]
        return cls(
            sure=sure,
            suspected=suspected,
            undecidable=undecidable,
            first=inf if told["first"] is None else told["first"],
            first_suspected=inf if first is None else first,
            last_suspected=-inf if last is None else last,
            reason=told["reason"],
            told_members=members,
            findings=[_finding(each) for each in told["findings"]],
        )

    @classmethod
    def of(cls, several: Iterable[Sighting]) -> Sighting:
        """Those of all workers as one."""
        whole = cls()
        for each in several:
            whole.sure += each.sure
            whole.suspected += each.suspected
            whole.undecidable += each.undecidable
            whole.first = min(whole.first, each.first)
            whole.first_suspected = min(whole.first_suspected, each.first_suspected)
            whole.last_suspected = max(whole.last_suspected, each.last_suspected)
            whole.reason = whole.reason or each.reason
            whole.told_members += each.count_of_members
            whole.findings += each.findings
        whole.findings = sorted(whole.findings, key=size_of)[:FINDINGS_TOLD]
        return whole


def _or_none(moment: float) -> float | None:
    return None if abs(moment) == inf else round(moment, 3)


def _told(finding: Finding) -> dict[str, Any]:
    # What it is a part of is too long to travel: a crowd's life is not played again.
    return asdict(replace(finding, story=None)) | {
        "events": [event.to_json() for event in finding.events],
        "before": [event.to_json() for event in finding.before],
    }


def _finding(told: Mapping[str, Any]) -> Finding:
    window = told["window"]
    if window is not None:
        window = Window(**{**window, "observed": tuple(window["observed"])})
    return Finding(
        **{
            **told,
            "events": tuple(Event.from_json(each) for each in told["events"]),
            "before": tuple(Event.from_json(each) for each in told["before"]),
            "window": window,
        }
    )
