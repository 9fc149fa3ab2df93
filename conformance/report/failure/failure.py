"""The pieces of a failure, made fit to be shown: what all reports for people are built from."""

from __future__ import annotations

import dataclasses
import re
import shlex
from dataclasses import dataclass

import spec
from conformance.report.failure.timeline import Timeline, timeline
from conformance.report.failure.transcript import Line, lines, places
from conformance.targets.printable import printable
from conformance.trace.event import Ended
from conformance.trace.note import HEARD_BEFORE
from conformance.verdict.finding import Finding
from conformance.verdict.verdict import Assessment

A_LOT = 50
"""After how many messages on a connection their number may be why something went wrong there."""

LINES_SHOWN = 12


LONGEST_SHOWN_LINE = 200


PARAMETERS = frozenset(
    field.name for field in dataclasses.fields(spec.Timing) if field.name != "name"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One violation in words and pictures. Every text is printable and stands on one line.

    `does` says what is done in the scenario. `kept` says where the whole trace is, or is None when
    it was not kept; `printed` is the end of what a client printed meanwhile. `replay` is a command,
    or, where no trace was kept, `to_replay` says what to add to that of `reproduce`.
    """

    message: str
    expected: str
    actual: str
    scenario: str
    does: str
    connection: str
    exchange: tuple[Line, ...]
    when: Timeline | None
    reproduce: str
    kept: str | None
    printed: tuple[str, ...] = ()
    replay: str = ""
    to_replay: str = ""


HAND_OVER = "add --standalone FILE for a script that shows it without wsbeat"


def failures(assessment: Assessment) -> tuple[Failure, ...]:
    """What is known of the violations of one requirement, the shortest exchange first."""
    return tuple(map(_failure, assessment.findings))


def parameters(requirement: spec.Requirement, timing: spec.Timing) -> str:
    """The parameters that a sentence names, with the values they had: `tolerance = 0.25 s`."""
    named = dict.fromkeys(re.findall(r"`(\w+)`", requirement.sentence))
    return ", ".join(
        f"{name} = {_value(name, getattr(timing, name))}" for name in named if name in PARAMETERS
    )


def _value(name: str, value: float) -> str:
    return f"{value:g}" if name == "interval_tolerance" else f"{value:g} s"


def _failure(finding: Finding) -> Failure:
    return Failure(
        printable(finding.message),
        printable(finding.expected),
        printable(finding.actual),
        printable(finding.scenario),
        finding.does,
        _connection(finding),
        lines((*finding.before, *finding.events)),
        _when(finding),
        printable(finding.reproduce),
        _kept(finding),
        tuple(
            printable(line, LONGEST_SHOWN_LINE)
            for line in finding.printed.splitlines()[-LINES_SHOWN:]
        ),
        printable(finding.replay),
        "" if finding.trace or not finding.reproduce else _to_replay(finding),
    )


def _to_replay(finding: Finding) -> str:
    """How to get what `--replay` needs."""
    file = f"{printable(finding.scenario)}.jsonl"
    return f"add --traces DIR; --replay DIR/{file} then plays this exchange alone"


def _connection(finding: Finding) -> str:
    """Which connections are shown; if it is about one, after how much was said there, if a lot."""
    named = {event.connection for event in finding.events}
    shown = sorted(named | {event.connection for event in finding.before})
    after = ""
    if len(named) == 1 and (said := _said_before(finding)) >= A_LOT:
        on = "" if len(shown) == 1 else f" on {min(named)}"
        after = f", after {said} messages{on}"
    which = "connection" if len(shown) == 1 else "connections"
    return f"{which} {', '.join(map(str, shown))}{after}" if shown else ""


def _said_before(finding: Finding) -> int:
    """How many messages a server had answered, or been sent, on the connection that is shown."""
    first, story = finding.events[0], finding.story
    if story is None or story.role != "server":
        return 0
    before = [e for e in story.by_connection.get(first.connection, ()) if e.n < first.n]
    notes = (str(each.content) for each in before if each.kind == "note")
    heard = (int(note.removeprefix(HEARD_BEFORE)) for note in notes if HEARD_BEFORE in note)
    said = sum(each.kind == "sent" and each.opcode in ("text", "binary") for each in before)
    return sum(heard) + said


def _when(finding: Finding) -> Timeline | None:
    window = finding.window
    if window is None or (window.earliest is None and window.latest is None):
        return None
    last = finding.events[-1].content if finding.events else None
    still_open = last == Ended("local") or any(e.kind == "silent" for e in finding.events)
    return timeline(
        dataclasses.replace(window, since=printable(window.since)), still_open=still_open
    )


def _kept(finding: Finding) -> str | None:
    if finding.trace is None:
        return None
    return f"{printable(finding.trace)}, {places(finding.events)}"


def command_lines(command: str, width: int) -> list[str]:
    """A command in lines of at most `width`, joined by backslashes, so that it can be copied.

    An option stays on the line of its value; a word that is longer than a line is left whole.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return [command]
    groups: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        if groups and _is_option(groups[-1]) and not _is_option(word):
            groups[-1] += f" {quoted}"
        else:
            groups.append(quoted)
    found = [""]
    for group in groups:
        indented = "  " if len(found) > 1 else ""
        if found[-1] and len(indented) + len(found[-1]) + len(group) + 3 > width:
            found.append(group)
        else:
            found[-1] = f"{found[-1]} {group}".strip()
    return [
        ("  " if number else "") + line + (" \\" if number < len(found) - 1 else "")
        for number, line in enumerate(found)
    ]


def _is_option(words: str) -> bool:
    return words.startswith("-") and " " not in words
