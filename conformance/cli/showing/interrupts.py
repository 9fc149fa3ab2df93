"""Interrupts: SIGINT, SIGTERM and SIGHUP end a run once, in order, however often they come."""

from __future__ import annotations

import signal
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """What becomes of the signals that ask a process to end.

    The first raises KeyboardInterrupt, and a run reports what it has: after Ctrl-C, and where a CI
    that gives up sends SIGTERM. Those that follow change nothing, since what they ask for is being
    done, within two seconds.

    A handler runs between any two steps of the program, and what it raises may be lost there, or
    leave something half done. So a run defers: it asks again and again, where it can be ended.
    """

    def __init__(self) -> None:
        self.has_come = False
        self._is_deferred = False
        self._is_raised = False

    def install(self) -> None:
        """Take the signals over. A terminal that closes does not matter under nohup."""
        for number in NUMBERS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._came)

    def ignore(self) -> None:
        """Let none disturb the end of the process."""
        for number in NUMBERS:
            signal.signal(number, signal.SIG_IGN)

    def defer(self) -> None:
        """Raise nothing from now on but when asked."""
        self._is_deferred = True

    def raise_if_come(self) -> None:
        """Raise KeyboardInterrupt, once, if a signal has come."""
        if self.has_come and not self._is_raised:
            self._is_raised = True
            raise KeyboardInterrupt

    def _came(self, number: int, frame: FrameType | None) -> None:
        is_first, self.has_come = not self.has_come, True
        if is_first and not self._is_deferred:
            raise KeyboardInterrupt
