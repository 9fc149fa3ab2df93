"""A peer by its name: `asgi:package.module:app/ws`, `py:package.module:serve`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from conformance.targets.printable import printable

NAMED = re.compile(r"(asgi|py):(\w+(?:\.\w+)*):(\w+(?:\.\w+)*)(/\S*)?", re.IGNORECASE)


class NotNamed(ValueError):
    """What was given names nothing that can be checked here; the text says why."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is to be checked: an application for uvicorn, or a callable of asyncio's."""

    kind: str
    module: str
    name: str
    path: str

    @classmethod
    def of(cls, text: str) -> Named:
        """What somebody has written; raises NotNamed."""
        found = NAMED.fullmatch(text)
        if found is None:
            raise NotNamed(
                f"{printable(text, 200)} names nothing that can be checked in virtual time. "
                "Expected asgi:PACKAGE.MODULE:NAME/PATH for an application, or "
                "py:PACKAGE.MODULE:NAME/PATH for an async function, such as asgi:shop.main:app/ws."
            )
        kind, module, name, path = found.groups()
        return cls(kind.lower(), module, name, path or "/")

    @property
    def text(self) -> str:
        """How it is written."""
        return f"{self.kind}:{self.attribute}{'' if self.path == '/' else self.path}"

    @property
    def attribute(self) -> str:
        """The module, and what is meant in it."""
        return f"{self.module}:{self.name}"

    def loaded(self) -> Callable[..., Any]:
        """The thing itself; whatever its module raises when it is loaded is raised here.

        Raises NotNamed where there is no such thing, or it cannot be called.
        """
        here = os.getcwd()
        if (package := hidden(here)) is not None:
            raise NotNamed(
                f"The package {package} in this folder is hidden by wsbeat's own of that name. "
                "Leave --virtual out: then the server has a process to itself."
            )
        if here not in sys.path:
            sys.path.insert(0, here)
        try:
            found: Any = import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{self.module}.".startswith(f"{error.name}."):
                raise NotNamed(
                    f"There is no module {error.name} here. Expected one that Python finds from "
                    "the current folder."
                ) from None
            raise
        for name in self.name.split("."):
            if not hasattr(found, name):
                raise NotNamed(f"The module {self.module} has no {self.name}.")
            found = getattr(found, name)
        if not callable(found):
            raise NotNamed(f"{self.attribute} is {type(found).__name__}, which cannot be called.")
        return found  # type: ignore[no-any-return]


def hidden(folder: str) -> str | None:
    """What in a folder wsbeat's own packages of the same name hide, or None."""
    for name in ("conformance", "spec"):
        theirs = os.path.join(folder, name)
        own = os.path.abspath(sys.modules[name].__file__ or "")
        is_there = os.path.exists(os.path.join(theirs, "__init__.py"))
        if (is_there or os.path.exists(f"{theirs}.py")) and not own.startswith(theirs + os.sep):
            return name
    return None
