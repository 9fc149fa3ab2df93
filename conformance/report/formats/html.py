"""The report as one HTML file that needs nothing else: no network, no script.

The page's own policy forbids scripts and every load, so that even a text that got past the
escaping could do nothing. Filtering is done by the style sheet.
"""

from __future__ import annotations

from functools import cache, partial
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from conformance.report import crowd
from conformance.report.failure.failure import HAND_OVER, failures, parameters
from conformance.report.failure.mend import mend_in
from conformance.report.failure.timeline import Timeline
from conformance.report.manual import address
from conformance.report.wording import (
    VERDICTS,
    by_verdict,
    checked,
    circumstances,
    headline,
    meaning,
    occasions,
    outcome,
    outcome_in_short,
    versions,
)
from conformance.targets.printable import printable
from conformance.verdict.result import Result

AXIS = 640
"""Width of a timeline in the units of its drawing."""


LABEL = 52
"""What a figure below the axis takes of that width, at most."""


def render(result: Result) -> str:
    """The report as the text of an HTML file."""
    rows = [assessment for verdict in VERDICTS for assessment in by_verdict(result, verdict)]
    return _template().render(
        result=result,
        rows=rows,
        counts=[(verdict, words, result.counts.get(verdict, 0)) for verdict, words in
                VERDICTS.items() if result.counts.get(verdict)],
        target=printable(result.target.shown),
        checked=checked(result.target),
        circumstances=circumstances(result),
        outcome=outcome(result),
        meaning=meaning(result),
        in_short=outcome_in_short(result),
        untrue=[printable(each.why) for each in result.untrue],
        versions=versions(result),
        mend_of=partial(mend_in, result.target.dialect),
        hand_over=HAND_OVER if result.target.dialect.is_protocol else "",
        crowd=[] if result.crowd is None else list(crowd.rows(result.crowd)),
        histograms=[] if result.crowd is None else list(crowd.drawn(result.crowd)),
    )  # fmt: skip


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        printable=printable,
        marked=_marked,
        words=VERDICTS.__getitem__,
        occasions=occasions,
        headline=headline,
        failures=failures,
        parameters=parameters,
        address=address,
        picture=_picture,
    )
    return environment.from_string(
        (resources.files(__package__) / "page.html.j2").read_text("utf-8")
    )


def _marked(sentence: str) -> Markup:
    """A sentence of the contract, what stands in backticks set as code."""
    parts = sentence.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _picture(line: Timeline) -> dict[str, object]:
    """Where the parts of a timeline lie, in units of the drawing."""
    start, stop = (line.fraction(moment) * AXIS for moment in line.allowed)
    least, most = (line.fraction(moment) * AXIS for moment in line.seen)
    figures = line.figures
    labels = [("bound", moment) for moment in (line.earliest, line.latest) if moment is not None]
    labels.append(("seen", line.shown))
    return {
        "width": AXIS,
        "start": round(start, 1),
        "allowed": round(max(stop - start, 2), 1),
        "seen": round(least, 1),
        "seen_width": round(max(most - least, 3), 1),
        "gap": None if line.gap is None else round(line.fraction(sum(line.gap) / 2) * AXIS, 1),
        "labels": _spread(
            [(kind, figures[moment], line.fraction(moment) * AXIS) for kind, moment in labels]
        ),
    }


def _spread(labels: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """The labels from left to right, pushed aside where they would cover each other."""
    ordered = sorted(labels, key=lambda label: label[2])
    places: list[float] = []
    for _, _, centre in ordered:
        free = places[-1] + LABEL if places else LABEL / 2
        places.append(max(free, centre))
    limit = AXIS - LABEL / 2
    for number in range(len(places) - 1, -1, -1):
        places[number] = min(places[number], limit)
        limit = places[number] - LABEL
    return [
        (kind, figure, round(place, 1))
        for (kind, figure, _), place in zip(ordered, places, strict=True)
    ]
