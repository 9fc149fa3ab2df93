"""Standard input and output, in threads, because either may stand still and the heartbeat not."""

import asyncio
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

LONGEST = 2000  # characters of a line that are shown
BACKLOG = 1000  # lines that wait for a reader of standard output
LAST_LINES = 1.0  # seconds for that reader to take them, in the end


def plain(text: str) -> str:
    """Return the text on one line, cut, with escapes for all that has no glyph of its own."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Output:
    """Lines for standard output. Who does not read them loses some, and is told how many.

    ``on_gone`` is called, in a thread, when nobody reads any more, as after ``| head``.
    """

    def __init__(self, on_gone: Callable[[], None]) -> None:
        self._on_gone = on_gone
        self._lost = 0
        self._lines: queue.Queue[str | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Write a line, some time soon."""
        try:
            if self._lost:
                self._lines.put_nowait(f"({self._lost} lines are left out: nobody read them)")
                self._lost = 0
            self._lines.put_nowait(plain(line))
        except queue.Full:
            self._lost += 1

    def finish(self) -> None:
        """Wait, a second at most, until all is written."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=LAST_LINES)
        self._thread.join(LAST_LINES)

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None and sys.stdout is not None:
                # Not through the buffer of sys.stdout, whose lock a thread that stands still would
                # hold against the end of the process.
                left = (line + "\n").encode(sys.stdout.encoding or "utf-8", "backslashreplace")
                while left:
                    left = left[os.write(sys.stdout.fileno(), left) :]
        except OSError:
            self._on_gone()


class Input:
    """The lines of standard input; its end, or that there is none, ends nothing."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._room = threading.Semaphore(1)  # one line at a time is read ahead
        if sys.stdin is not None:  # else its number may be that of a socket by now
            # A process in the background gets an error where it reads a terminal, and goes on.
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
            threading.Thread(target=self._read, args=(sys.stdin.fileno(),), daemon=True).start()

    async def line(self) -> str:
        """Wait for the next line, which may be for ever, and return it without its end."""
        line = await self._lines.get()
        self._room.release()
        return line

    def _read(self, file: int) -> None:
        # Not through sys.stdin, for the same reason. RuntimeError: the event loop has ended.
        with suppress(OSError, RuntimeError), open(file, "rb", closefd=False) as stream:
            for line in stream:
                self._room.acquire()
                text = line.decode(errors="replace").rstrip("\r\n")
                self._loop.call_soon_threadsafe(self._lines.put_nowait, text)
