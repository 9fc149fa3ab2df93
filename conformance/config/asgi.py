"""ASGI applications as targets: wsbeat runs them in uvicorn, as by a command of the user's."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec

from conformance.targets.printable import printable
from conformance.targets.server import PORT

SCHEME = "asgi:"


NAMED = re.compile(r"asgi:(\w+(?:\.\w+)*):(\w+(?:\.\w+)*)(/\S*)?", re.IGNORECASE)


NO_UVICORN = (
    "An application is run in uvicorn, which is not installed here: "
    "pip install 'wsbeat[reference]'."
)


class NotAnApplication(ValueError):
    """What was given names no application that can be run here; the text says why."""


def is_application(url: str | None) -> bool:
    """Whether a target is named as an application rather than by a URL."""
    return url is not None and url.lower().startswith(SCHEME)


def served(url: str) -> tuple[str, str]:
    """The command that serves an application, and the path at which it is to be checked.

    `asgi:package.module:app/ws` is the path `/ws` of the application `app`; without a path it is
    `/`. The module is looked for in the current folder, too. Raises NotAnApplication.
    """
    found = NAMED.fullmatch(url)
    if found is None:
        raise NotAnApplication(
            f"{printable(url, 200)} names no application. Expected asgi:PACKAGE.MODULE:NAME/PATH, "
            "such as asgi:shop.main:app/ws."
        )
    if find_spec("uvicorn") is None:
        raise NotAnApplication(NO_UVICORN)
    module, name, path = found.groups()
    words = [sys.executable, "-m", "uvicorn", f"{module}:{name}", "--host", "127.0.0.1"]
    return shlex.join([*words, "--port"]) + f" {PORT}", path or "/"
