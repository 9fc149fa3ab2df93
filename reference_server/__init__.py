"""The reference server: the server side of the contract, to be read beside it.

``uvicorn reference_server:app`` runs it with the settings of the environment (``WSBEAT_*``), and
``python -m reference_server`` with the transport that S-DROP and S-SIZE ask for as well.
"""

import os
from typing import TYPE_CHECKING

from reference_server.application import create_app
from reference_server.serving import CannotListen, announcement, serve
from reference_server.settings import Settings, SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI

    app: FastAPI

__all__ = [
    "CannotListen",
    "Settings",
    "SettingsError",
    "announcement",
    "app",
    "create_app",
    "serve",
]


def __getattr__(name: str) -> object:
    # Made when it is asked for: importing the package must not depend on the environment.
    if name == "app":
        return create_app(Settings.from_environment(os.environ))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
