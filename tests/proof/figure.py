"""A figure of `make bench`: a ratio, and the goal that is set for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio, the goal that is set for it, and what it was made from."""

    name: str
    ratio: float
    goal: float
    more_is_better: bool
    made_of: str

    @property
    def wanted(self) -> str:
        """The goal in words."""
        return f"{'at least' if self.more_is_better else 'at most'} {self.goal}"

    def __str__(self) -> str:
        met = self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal
        verdict = "met" if met else "MISSED"
        return f"{self.name:<46} {self.ratio:6.2f}  {self.wanted:<13} {verdict:<7} {self.made_of}"

    def to_json(self) -> dict[str, object]:
        """The figure for docs/proof.json."""
        return {
            "name": self.name, "ratio": self.ratio, "goal": self.wanted, "made_of": self.made_of,
        }  # fmt: skip
