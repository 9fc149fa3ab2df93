"""A timeline drawn with ASCII characters, so that every terminal and log shows it alike."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.report.failure.timeline import Timeline


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    centre: int


def drawn(line: Timeline, width: int) -> list[str]:
    """The axis with the allowed window in brackets and an x where it was seen, and its labels.

    `0 -----------[=========]------x---`
    """
    start = "0 "
    cells = width - len(start)
    first, last = _window(line, cells)
    seen_from, seen_to = _seen(line, cells, first, last)
    axis = ["-"] * cells
    if line.gap is not None:
        at = _cell(line, sum(line.gap) / 2, cells)
        axis[at : at + 2] = "//"
    axis[first : last + 1] = "=" * (last + 1 - first)
    if line.still_open and seen_from > last:
        axis[seen_from:] = ">"
    else:
        axis[seen_from : seen_to + 1] = "x" * (seen_to + 1 - seen_from)
    axis[first] = "["
    axis[last] = ">" if line.latest is None else "]"
    figures = line.figures
    mark = seen_to if line.shown == line.seen[1] else seen_from
    numbers = [
        *([] if line.earliest is None else [_Label(figures[line.earliest], first)]),
        *([] if line.latest is None else [_Label(figures[line.latest], last)]),
        _Label(figures[line.shown], mark),
    ]
    words = [
        _Label("allowed", (first + last) // 2),
        _Label("still open" if line.still_open else "seen", mark),
    ]
    margin = " " * len(start)
    rows = [start + "".join(axis), margin + _row(numbers, cells), margin + _row(words, cells)]
    if line.gap is not None:
        rows.append("(// = left out)")
    return [row.rstrip() for row in rows]


def _cell(line: Timeline, value: float, cells: int) -> int:
    return min(cells - 1, max(0, round(line.fraction(value) * (cells - 1))))


def _window(line: Timeline, cells: int) -> tuple[int, int]:
    """The cells of the brackets: apart from each other, and with room at either side."""
    start, stop = line.allowed
    first = 0 if line.earliest is None else max(1, _cell(line, start, cells))
    last = cells - 1 if line.latest is None else min(cells - 2, _cell(line, stop, cells))
    first = min(first, cells - 4)
    return first, max(last, first + 2)


def _seen(line: Timeline, cells: int, first: int, last: int) -> tuple[int, int]:
    """The cells of what was seen: on the true side of a bracket, however near to it."""
    least, most = line.seen
    start, stop = _cell(line, least, cells), _cell(line, most, cells)
    if line.earliest is not None and most < line.earliest:
        stop = min(stop, first - 1)
        return min(start, stop), stop
    if line.latest is not None and least > line.latest:
        start = max(start, last + 1)
        return start, max(start, stop)
    if start == stop:
        start = stop = min(max(start, first + 1), last - 1)
    return start, stop


def _row(labels: list[_Label], cells: int) -> str:
    """The labels under their cells, pushed aside as far as it takes to keep them apart."""
    ordered = sorted(labels, key=lambda label: label.centre)
    starts: list[int] = []
    free = 0
    for label in ordered:
        starts.append(max(free, label.centre - (len(label.text) - 1) // 2))
        free = starts[-1] + len(label.text) + 1
    limit = cells
    for place in range(len(ordered) - 1, -1, -1):
        starts[place] = max(0, min(starts[place], limit - len(ordered[place].text)))
        limit = starts[place] - 1
    row = ""
    for start, label in zip(starts, ordered, strict=True):
        row = row.ljust(start) + label.text
    return row
