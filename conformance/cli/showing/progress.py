"""What somebody sees who waits for a run: its plan first, then how far it is.

A terminal gets one line that moves and then goes away. A log gets plain lines, few enough to be
read and often enough to show that nothing hangs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from conformance.run.plan import Plan, Watch
from conformance.run.plan import Progress as Step
from conformance.targets.printable import printable

PLAIN_EVERY = 10.0
"""Seconds between two plain lines."""


DRAWN_EVERY = 0.1
"""Seconds between two drawings of the moving line: a run reports oftener than eyes can see."""


@contextmanager
def watching(console: Console, about: str) -> Iterator[Watch]:
    """A Watch that shows on `console` how a run goes; `about` says what is being checked."""
    if console.is_terminal and not console.is_dumb_terminal:
        with _moving(console, about) as watch:
            yield _as_long_as_it_is_read(watch)
    else:
        yield _as_long_as_it_is_read(_plain(console, about))


def _as_long_as_it_is_read(watch: Watch) -> Watch:
    """Show nothing more once it cannot be written: the pipe is closed, or the disk is full."""
    is_read = True

    def told(news: Plan | Step) -> None:
        nonlocal is_read
        try:
            if is_read:
                watch(news)
        except OSError:
            is_read = False

    return told


def plan_lines(plan: Plan, about: str) -> tuple[str, ...]:
    """What a run is going to do, how long that takes, and how it spares the target."""
    load_limits = (plan.load_limits,) if plan.load_limits else ()
    return (
        f"checking {about}",
        f"{_count(plan.requirements, 'requirement')}, {_count(plan.scenarios, 'scenario')}, "
        f"up to {_count(plan.connections, 'connection')}, about {plan.seconds:.0f} s",
        *((plan.longer,) if plan.longer else ()),
        *load_limits,
    )


def plain_line(step: Step) -> str:
    """How far a run is, in one line of a log."""
    over = step.elapsed > step.expected
    expected = f"{'more than' if over else 'about'} {step.expected:.0f} s"
    return f"{step.elapsed:4.0f} s of {expected}: {_state(step)}"


def _state(step: Step) -> str:
    return step.state or f"{step.done} of {step.total} scenarios done"


def _plain(console: Console, about: str) -> Watch:
    said = 0.0
    is_planned = False

    def watch(told: Plan | Step) -> None:
        nonlocal said, is_planned
        if isinstance(told, Plan):
            is_planned = True
            _say(console, *plan_lines(told, about))
        elif is_planned and told.elapsed - said >= PLAIN_EVERY and not told.is_over:
            said = told.elapsed
            _say(console, plain_line(told))

    return watch


@contextmanager
def _moving(console: Console, about: str) -> Iterator[Watch]:
    # Markup stays off: what is checked and what is being done are not ours to interpret.
    columns = (
        TextColumn("{task.fields[clock]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as line:
        drawn = 0.0
        task: TaskID | None = None

        def watch(told: Plan | Step) -> None:
            nonlocal drawn, task
            if isinstance(told, Plan):
                _say(console, *plan_lines(told, about))
                task = line.add_task("starting", total=told.seconds, clock="")
            elif task is not None and told.elapsed - drawn >= DRAWN_EVERY and not told.is_over:
                drawn = told.elapsed
                line.update(
                    task,
                    total=told.expected,
                    completed=min(told.elapsed, told.expected),
                    clock=f"{told.elapsed:.0f} of about {told.expected:.0f} s",
                    description=told.state
                    or f"{told.done} of {told.total} done, {printable(told.doing, 60)}",
                )
                line.refresh()

        yield watch


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(Text(line), soft_wrap=True, markup=False, highlight=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
