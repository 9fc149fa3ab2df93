"""Replays: what was seen once, played again. Which trace is played, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from conformance.rules import judge
from conformance.targets.client import ClientTarget
from conformance.targets.server import Target
from conformance.trace.event import Kind
from conformance.trace.file import TraceError, read_traces
from conformance.trace.trace import Role, Trace
from conformance.verdict.finding import finding_of, size_of
from conformance.verdict.selection import Selection, UsageError

PROCESS: frozenset[Kind] = frozenset({"asked", "jumped"})
"""What is done to a server's own process."""

NOT_SEEN = "The exchange that was played again gave no occasion to see it when it was recorded."


def chosen(traces: Sequence[Trace], role: Role, select: Sequence[str]) -> Trace:
    """The trace of a file that is played again: that which shows a violation in the fewest events.

    What it violates is among what is selected, if anything is. Where none violates anything, it is
    the first. Raises UsageError where it cannot be played on a peer of this role.
    """
    sized = [(_least(each, select), place) for place, each in enumerate(traces)]
    shown = [(size, place) for size, place in sized if size is not None]
    trace = traces[min(shown)[1] if shown else 0]
    if trace.role != role:
        raise UsageError(
            f"{trace.source} is of a {trace.role}, and can be played again on a {trace.role} only. "
            f"Expected `wsbeat {trace.role} ... --replay {trace.source}`."
        )
    if role == "server" and any(event.kind in PROCESS for event in trace.events):
        raise UsageError(
            f"{trace.source}: {trace.scenario} is done to the server's own process, which takes "
            "more than an exchange. Let `--select` do it again."
        )
    if trace.proxied:
        raise UsageError(
            f"{trace.source}: {trace.scenario} goes two ways to the same server, and a replay goes "
            "one. Let `--select` do it again."
        )
    return trace


def _least(trace: Trace, select: Sequence[str]) -> tuple[int, int] | None:
    """How large the smallest violation is that a trace shows; None where it shows none."""
    sizes = (
        size_of(finding_of(observation, trace))
        for name, observation in judge(trace)
        if observation.outcome == "violated"
        and (not select or any(fnmatchcase(name, glob) for glob in select))
    )
    return min(sizes, default=None)


def seen_again(trace: Trace, selection: Selection) -> Selection:
    """What can be seen when a trace is played again: that which it gave occasion to see."""
    seen = {name for name, _ in judge(trace)}
    left_out = {each.id for each in selection.examined} - seen
    return replace(
        selection,
        examined=tuple(each for each in selection.examined if each.id in seen),
        set_aside={**selection.set_aside, **dict.fromkeys(left_out, ("excluded", NOT_SEEN))},
        untried=selection.untried | left_out,
    )


def saved_traces(path: str) -> list[Trace]:
    """The traces that a file holds; raises UsageError."""
    try:
        with open(path, encoding="utf-8") as file:
            return list(read_traces(file, path))
    except TraceError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text ({error.reason}). Expected a trace.") from None


def to_replay(
    path: str | None, target: Target | ClientTarget, select: Sequence[str]
) -> Trace | None:
    """The trace in a file that is to be played again; raises UsageError where that cannot be."""
    if path is None:
        return None
    trace = chosen(saved_traces(path), target.role, select)
    if trace.dialect is not target.dialect:
        raise UsageError(
            f"--replay: {path} was recorded in the dialect {trace.dialect.shown}, not in "
            f"{target.dialect.shown}. Give the same --dialect."
        )
    if trace.dialect.said_secrets:
        raise UsageError(
            f"--replay: {path} does not tell all that was said: the secrets of "
            f"{trace.dialect.name} are never in a trace. Let `--select` do it again."
        )
    if trace.timing.to_json() != target.timing.to_json():
        raise UsageError(
            f"--replay: {path} was recorded at {trace.timing.name} timing, and what was done then "
            f"means something else at {target.timing.name} timing. Give the same --timing."
        )
    if trace.capabilities != target.capabilities:
        names = ", ".join(sorted(trace.capabilities.declared)) or "none"
        raise UsageError(
            f"--replay: {path} was recorded of a {trace.role} with other capabilities ({names}). "
            "Declare the same."
        )
    return trace
