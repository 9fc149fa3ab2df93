"""Whether what a process had started lives on when the process itself has ended.

A command that puts its client into the background ends at once, and so does a launcher that is told
to end: the client is what is left of its group of processes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(slots=True)
class ProcessGroup:
    """A group of processes, by its leader; and the one that was found alive when last looked."""

    leader: int
    _known: Path | None = None

    def lives_on(self) -> bool:
        """Whether anything is left in the group, when its leader has ended.

        A process that has ended, and that nobody has asked how, is not: in a container there may
        be nobody who asks.
        """
        if self._known is not None and _is_alive_in(self.leader, self._known):
            return True
        try:
            os.killpg(self.leader, 0)
        except (ProcessLookupError, PermissionError):
            return False
        if not PROC.is_dir():
            return True
        self._known = next((p for p in PROC.iterdir() if _is_alive_in(self.leader, p)), None)
        return self._known is not None


def _is_alive_in(group: int, process: Path) -> bool:
    if process.name.isdecimal():
        with suppress(OSError, ValueError, IndexError):
            state, _, leader, *_ = _after_its_name(process)
            return int(leader) == group and state not in ("Z", "X")
    return False


def _after_its_name(process: Path) -> list[str]:
    """What stands in `stat` after the name, which may hold anything: state, parent, group."""
    return (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
