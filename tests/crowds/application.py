"""The reference server's application as each worker of uvicorn makes it."""

import os

from fastapi import FastAPI

from reference_server.application import create_app
from reference_server.settings import Settings


def application() -> FastAPI:
    """Return an application of this process's own."""
    return create_app(Settings.from_environment(os.environ))
