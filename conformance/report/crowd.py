"""What reports say of a crowd beside the verdicts: for how many, since when, how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.report.wording import seconds
from conformance.verdict.crowd.figures import Breach, CrowdFigures, Harness, Step
from conformance.verdict.crowd.histogram import Histogram, upper

TITLES: Mapping[str, str] = {
    "reply": "replies",
    "close": "closes",
    "handshake": "handshakes",
    "lateness": "wsbeat late",
}
"""What each measure is called."""


SINCE: Mapping[str, str] = {
    "reply": "after the message",
    "close": "after heartbeat_timeout",
    "handshake": "after the request",
    "lateness": "by its own timers",
}
"""From when on each is measured."""


QUANTILES = (0.5, 0.9, 0.99, 0.999)


BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Up to which times (seconds) a histogram for people is drawn."""


BAR = 30
"""How many characters the longest bar takes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: how many lay up to a bound, as a part of the longest one."""

    label: str
    count: int
    part: float

    @property
    def drawn(self) -> str:
        """The bar in characters; what is there at all is seen."""
        return "#" * max(round(BAR * self.part), 1 if self.count else 0)


def rows(figures: CrowdFigures) -> Iterator[tuple[str, str]]:
    """What there is to say in words, each with what it is about."""
    yield (
        "connections",
        f"{figures.connections}, at most {figures.most_open} at a time, "
        f"for {seconds(figures.lasted)}",
    )
    refused = f"; {figures.refused} got none" if figures.refused else ""
    yield (
        "accepted",
        f"{figures.accepted} handshakes, {figures.accepted_per_second:.0f} a second while the "
        f"crowd came{refused}",
    )
    for breach in figures.breaches:
        yield "broken", broken(breach, figures)
    for name, title in TITLES.items():
        measured = figures.measures.get(name)
        if measured is not None and measured.count:
            yield title, quantiles(measured, SINCE[name])
    for step in figures.steps if len(figures.steps) > 1 else ():
        yield f"with {step.connections}", stepped(step)
    yield "wsbeat", harness(figures.harness)
    if figures.lost:
        yield "lost", f"{figures.lost_connections} connections, with {len(figures.lost)} workers"


def broken(breach: Breach, figures: CrowdFigures) -> str:
    """For how many a requirement was broken, and since when."""
    return (
        f"{breach.requirement} on {breach.places} of {figures.connections} places, first after "
        f"{seconds(breach.first)}, when there were {breach.open_then} connections"
    )


def quantiles(measured: Histogram, since: str) -> str:
    """How long something took."""
    half, _, most, _ = (measured.quantile(part) for part in QUANTILES)
    return (
        f"half within {seconds(half)} {since}, 99 of 100 within {seconds(most)}, "
        f"the last of {measured.count} after {seconds(measured.longest)}"
    )


def stepped(step: Step) -> str:
    """What became of one size of a crowd."""
    became = f"{', '.join(step.failed)} broke" if step.failed else "all was kept"
    return (
        f"{became}; {step.accepted_per_second:.0f} handshakes a second, 99 of 100 replies within "
        f"{seconds(step.reply)}"
    )


def harness(told: Harness) -> str:
    """What wsbeat took for it."""
    return (
        f"{told.workers} processes, {told.processor * 1e6:.0f} us of a processor for each reply, "
        f"{told.memory / 1024:.0f} KiB for each connection"
    )


def bars(measured: Histogram) -> list[Bar]:
    """A histogram for people: what lay up to each bound, the empty ends left out."""
    counts = measured.within(BOUNDS)
    labels = [*(f"up to {_bound(bound)}" for bound in BOUNDS), "longer"]
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return []
    most = max(counts)
    return [
        Bar(labels[place], counts[place], counts[place] / most)
        for place in range(filled[0], filled[-1] + 1)
    ]


def drawn(figures: CrowdFigures) -> Iterator[tuple[str, list[Bar]]]:
    """The histograms that are drawn, each with its title."""
    for name in ("reply", "close"):
        measured = figures.measures.get(name)
        if measured is not None and measured.count:
            yield f"{TITLES[name]}, {SINCE[name]}", bars(measured)


def document(figures: CrowdFigures) -> dict[str, Any]:
    """The figures as `report.schema.json` has them."""
    breaches = {each.requirement: each for each in figures.breaches}
    names = dict.fromkeys([*figures.kept, *breaches])
    return {
        "connections": figures.connections,
        "lasted": round(figures.lasted, 3),
        "ramp": round(figures.ramp, 3),
        "most_open": figures.most_open,
        "accepted": figures.accepted,
        "accepted_per_second": round(figures.accepted_per_second, 1),
        "refused": figures.refused,
        "undecidable": figures.undecidable,
        "unjudged": figures.unjudged,
        "requirements": [
            {
                "id": name,
                "kept_on": figures.kept.get(name, 0),
                "broken_on": breaches[name].places if name in breaches else 0,
                "first": round(breaches[name].first, 3) if name in breaches else None,
                "open_then": breaches[name].open_then if name in breaches else None,
            }
            for name in names
        ],
        "measures": {name: _measure(each) for name, each in figures.measures.items()},
        "steps": [
            {
                "connections": step.connections,
                "failed": list(step.failed),
                "accepted_per_second": round(step.accepted_per_second, 1),
                "reply_99": round(step.reply, 6),
            }
            for step in figures.steps
        ],
        "harness": {
            "workers": figures.harness.workers,
            "processor_per_reply": round(figures.harness.processor, 9),
            "memory_per_connection": figures.harness.memory,
            "lateness_99": round(figures.harness.lateness_99, 6),
            "lateness_worst": round(figures.harness.lateness_worst, 6),
            "server_waited": round(figures.harness.starved, 3),
        },
        "lost": list(figures.lost),
        "lost_connections": figures.lost_connections,
    }


def _measure(measured: Histogram) -> dict[str, Any]:
    return {
        "count": measured.count,
        "quantiles": {
            f"{part:g}": round(measured.quantile(part), 6) for part in QUANTILES if measured.count
        },
        "longest": round(measured.longest, 6),
        "histogram": [
            [round(upper(step), 6), measured.steps[step]] for step in sorted(measured.steps)
        ],
    }


def _bound(bound: float) -> str:
    return f"{bound * 1000:.0f} ms" if bound < 1 else f"{bound:.0f} s"
