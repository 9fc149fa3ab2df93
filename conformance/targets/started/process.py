"""Processes that wsbeat starts itself: started, listened to, and ended in every case.

Each is in a session of its own, so that a Ctrl-C reaches wsbeat alone, which then ends it in order.
What it prints is read all the while, so that it never waits for a reader, and only the end is kept.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from random import SystemRandom

from conformance.targets.printable import printable
from conformance.targets.started.guard import Guard

END = 7.0
"""Seconds that a process may take to end when it is told to; then it is killed."""


HURRIED_END = 0.4
"""The same after an interruption: nothing outlives wsbeat by more than two seconds."""


PIPE_HELD = 0.3
"""How long (seconds) the end of what an ended process printed is awaited."""


OUTPUT_KEPT = 64 * 1024
"""How much is kept of what a process prints, in bytes: the end of it."""


LINES_TOLD = 20
"""How many lines of that are shown."""


LOOK_INTERVAL = 0.01
"""How often (seconds) a process is looked at that is to end."""


PORTS = range(20_000, 30_000)
"""Where free ports are looked for: systems give none of these away by themselves."""


TRIES = 200


class LaunchError(Exception):
    """A process could not be started, or not be used; `why` in a sentence, then what it printed."""

    def __init__(self, why: str, complaint: str = "") -> None:
        super().__init__(f"{why}{complaint}")
        self.why = why


class CannotStart(LaunchError):
    """There is no such program, or it cannot be run."""


class Launched:
    """A process that was started, with what it prints; a guard ends it if wsbeat cannot."""

    def __init__(self, popen: subprocess.Popen[bytes], guard: Guard) -> None:
        self.popen = popen
        self._guard = guard
        guard.watch(popen.pid)
        self._said = bytearray()
        self._news = threading.Condition()
        self._silent = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The number of the process; that of its session and its process group, too."""
        return self.popen.pid

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while the process runs."""
        return self.popen.poll()

    @property
    def end(self) -> str:
        """How the process ended, in words."""
        code = self.code
        if code is None:
            return "did not end"
        if code >= 0:
            return f"ended with code {code}"
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"

    def has_ended(self, patience: float) -> bool:
        """Whether the process ends within so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, patience))
        return self.code is not None

    def said(self, found: Callable[[bytes], bool], patience: float) -> bytes:
        """What the process printed, as soon as `found` holds of it.

        Or after so many seconds, or when nothing more can come.
        """
        with self._news:
            self._news.wait_for(lambda: self._silent or found(bytes(self._said)), patience)
            return bytes(self._said)

    @property
    def complaint(self) -> str:
        """The end of what the process printed, as a further part of an error; empty if nothing."""
        if self.code is not None:
            self._listener.join(1.0)  # What is in the pipe was printed before the end.
        text = self.said(lambda _: True, 0.0).decode(errors="backslashreplace")
        lines = text.splitlines()[-LINES_TOLD:]
        shown = "".join(f"\n  {printable(line, 300)}" for line in lines)
        return f" It said:{shown}" if shown else ""

    def ask_to_end(self) -> None:
        """Tell the process, and not those that it started itself, to end."""
        self.popen.terminate()

    def finish(self, patience: float = END) -> None:
        """End the process and all that is left of its group; kill what does not end in time."""
        try:
            if self.code is None:
                self.ask_to_end()
            by = time.monotonic() + patience
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(patience)
                # A shell or a runner may have gone before the server that it started.
                if self._signal_group(signal.SIGTERM):
                    while self._signal_group(0) and time.monotonic() < by:
                        time.sleep(LOOK_INTERVAL)
        finally:
            self._signal_group(signal.SIGKILL)
            self.popen.wait()
            self._guard.forget(self.pid)
            # A process that left the group may still hold the pipe: nobody waits for it.
            self._listener.join(PIPE_HELD)

    def _signal_group(self, number: int) -> bool:
        """Send a signal to all of the process group; whether there was anybody."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _listen(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as pipe:
            while part := os.read(pipe.fileno(), OUTPUT_KEPT):
                with self._news:
                    self._said += part
                    del self._said[:-OUTPUT_KEPT]
                    self._news.notify_all()
        with self._news:
            self._silent = True
            self._news.notify_all()


def start(command: Sequence[str], environment: Mapping[str, str], guard: Guard) -> Launched:
    """Start a process, which the caller finishes; raises CannotStart."""
    try:
        popen = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStart(
            f"{printable(command[0], 200)} cannot be started: {error.strerror}."
        ) from None
    return Launched(popen, guard)


@contextmanager
def launched(
    command: Sequence[str], environment: Mapping[str, str], end: float = END
) -> Iterator[Launched]:
    """A process for as long as the block lasts, and `end` seconds more at the most.

    Raises CannotStart.
    """
    with Guard() as guard:
        process = start(command, environment, guard)
        try:
            yield process
        except KeyboardInterrupt:
            end = min(end, HURRIED_END)
            raise
        finally:
            process.finish(end)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, each another.

    The system gives none of them to a program that asks for any port, so nobody else gets one
    before the server does that it is meant for. Raises LaunchError.
    """
    found: list[int] = []
    for port in SystemRandom().sample(PORTS, TRIES):
        if len(found) == count:
            return found
        with suppress(OSError), _listening(port):
            found.append(port)
    if len(found) == count:
        return found
    raise LaunchError(
        f"No free port was found among {TRIES} from {PORTS.start} to {PORTS.stop - 1}."
    )


def _listening(port: int) -> socket.socket:
    """A socket that listens on a port of every address of this machine."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    return socket.create_server(("", port), family=family, dualstack_ipv6=both)
