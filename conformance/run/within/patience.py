"""What ends a run in virtual time too early: Ctrl-C, a time limit, a peer that never yields.

These are matters of people, and so of real time.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from conformance.run.plan import INTERVAL, Plan, Progress, Watch
from conformance.run.within.loop import CarefulSelector

LONGEST = 30.0
"""How long (seconds) a peer may hold the loop up at once, at most; then the run is over."""

LOOK = 1.0
"""How often (seconds) that is looked at."""

TRIES = 3
"""How often a peer is told to stop that does not; then the process ends."""

FRAMES = 8
"""How many frames of a stack are shown: the last ones."""

INCOMPLETE = 3
"""The exit code of a run that is not complete: verdict.ExitCode has it."""


class HeldUp(BaseException):
    """Is raised in what holds the loop up, and may be lost there."""


class NeverYields(KeyboardInterrupt):
    """A peer held the loop up for longer than anybody would wait; the text is where it stood."""


class Patience:
    """What somebody who waits for a run is told, and how long they wait."""

    def __init__(self, watch: Watch, limit: float | None, over: type[BaseException]) -> None:
        self._watch, self._over = watch, over
        self._by = None if limit is None else monotonic() + limit
        self._looked = monotonic()
        self._news: Progress | None = None
        self._reason: BaseException | None = None
        self.never_yielded = ""
        """Where a peer stood that held the loop up for too long."""
        self._is_told = False
        self._is_over = False
        self.stop: Callable[[], None] | None = None
        """Ends what cannot be told by an exception that time is up."""

    def watch(self, news: Plan | Progress) -> None:
        """Tell how far the run is; raises what ends it."""
        if self._is_over:
            return
        is_over = isinstance(news, Progress) and news.is_over
        self._news = news if isinstance(news, Progress) and not is_over else None
        if not is_over:
            self.raise_reason()
            if self._by is not None and monotonic() > self._by:
                raise self._over
        self._watch(news)

    def end(self) -> None:
        """Nobody waits for what is left: it is neither told nor ended."""
        self._is_over = True

    def raise_reason(self) -> None:
        """Raise, once, what has come meanwhile to end the run."""
        reason, self._reason = self._reason, None
        if reason is not None:
            raise reason

    def turned(self) -> None:
        """The loop has turned: now and then that is a moment to look up.

        Raises NeverYields, once, where it had been held up for too long.
        """
        if self.never_yielded and not self._is_told:
            self._is_told = True
            raise NeverYields(self.never_yielded)
        if self.stop is None or monotonic() - self._looked < INTERVAL:
            return
        self._looked = monotonic()
        if self._news is not None and self._reason is None:
            try:
                self.watch(self._news)
            except (KeyboardInterrupt, self._over) as reason:
                self._reason = reason
                self.stop()


@contextmanager
def yielding(
    loop: asyncio.AbstractEventLoop,
    selector: CarefulSelector,
    patience: Patience,
    limit: float | None,
) -> Iterator[None]:
    """End what holds the loop up for too long, as long as the block lasts, and the run with it.

    It takes signals to do that: where somebody else wants those, or in another thread than the
    first one, nothing is done.
    """
    is_first = threading.current_thread() is threading.main_thread()
    if not is_first or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    longest, told = min(LONGEST, LONGEST if limit is None else limit), 0

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal told
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * longest + LOOK)
        bound = LOOK if told else longest
        if not loop.is_running() or monotonic() - selector.turned_at < bound:
            return
        told += 1
        stood = "".join(traceback.format_stack(frame)[-FRAMES:])
        if told > TRIES:
            sys.stderr.write(
                f"wsbeat: what is checked does not yield, and cannot be ended:\n{stood}"
            )
            sys.stderr.flush()
            os._exit(INCOMPLETE)
        patience.never_yielded = patience.never_yielded or stood
        raise HeldUp

    before = signal.signal(signal.SIGALRM, look)
    # What does not even come back to the interpreter is ended by the system, with its stack.
    faulthandler.register(signal.SIGVTALRM, file=sys.__stderr__ or 2, chain=True)
    signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        faulthandler.unregister(signal.SIGVTALRM)
        signal.signal(signal.SIGALRM, before)
