"""What was said on standard output and standard error, as far as it has left the process."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def let_go(stream: TextIO) -> None:
    """Let go of what is still buffered: it would be complained of when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def why_unsaid() -> str | None:
    """Send what is still buffered; why standard output could not take it, as on a full disk.

    None where it could, and where its reader has gone, as `| head` does. The interpreter itself
    would exit with 120 for either, and for what standard error could not take.
    """
    why = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            let_go(stream)
        except OSError as error:
            let_go(stream)
            why = error.strerror if stream is sys.stdout else why
    return why
