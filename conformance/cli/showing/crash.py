"""What is said when wsbeat itself is at fault: enough to report it, and nothing that shouts."""

from __future__ import annotations

import platform
import tempfile
import traceback
from pathlib import Path

from conformance import __version__
from conformance.targets.printable import printable


def told(error: BaseException, folder: Path | None = None) -> str:
    """Save the traceback of an unexpected error and return what to tell the user.

    `folder` is where it is saved, instead of the system's folder for temporary files.
    """
    sentence = f"wsbeat failed: {type(error).__name__}: {printable(str(error), 300)}"
    return (
        f"{sentence}\n"
        "This is a fault of wsbeat and not of the target: nothing was found out about it.\n"
        f"{_saved(error, folder)}"
    )


def _saved(error: BaseException, folder: Path | None) -> str:
    """Write the traceback down, without values of variables: they may be secrets."""
    text = "".join(traceback.format_exception(error))
    about = f"wsbeat {__version__}, Python {platform.python_version()}, {platform.platform()}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="wsbeat-fault-",
            suffix=".txt", dir=folder, delete=False,
        ) as file:  # fmt: skip
            file.write(f"{about}\n\n{text}")
    except OSError as trouble:
        return (
            f"Its traceback could not be saved ({trouble.strerror}). "
            "Please report this at the project's issue tracker."
        )
    return f"Please report it at the project's issue tracker, with the file {file.name}."
