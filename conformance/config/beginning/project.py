"""What can be found out of a project without asking: its server, its client, where its CI runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from conformance.trace.trace import Role

Service: TypeAlias = Literal["github", "gitlab"]

DEEPEST = 3
"""How many folders below the project's are looked into."""

MOST = 2000
"""How many files are looked at."""

LARGEST = 256 * 1024
ELSEWHERE = frozenset({"node_modules", "venv", "env", "build", "dist", "tests", "test", "docs"})

APPLICATION = re.compile(r"^(\w+)(?::\s*\w+)?\s*=\s*(?:\w+\.)?(?:FastAPI|Starlette|Quart)\(", re.M)
ROUTE = re.compile(r"""(?:\.websocket(?:_route)?|WebSocketRoute)\(\s*["'](/[^"'{}]*)["']""")
NODE_SERVER = re.compile(r"new\s+(?:WebSocket\.)?(?:WebSocketServer|Server)\(")
NODE_PATH = re.compile(r"""\bpath:\s*["'](/[^"'{}]*)["']""")
NODE_PORT = re.compile(r"process\.env\.(\w*PORT)\b")


@dataclass(frozen=True, slots=True)
class Found:
    """A target of a project: how it is started, and for a server at which path it listens."""

    role: Role
    command: str
    path: str
    where: str
    """The file in which it was found, from the project's folder."""


def found_in(folder: Path) -> Found | None:
    """The server of a project: one that has a WebSocket route, a Python application first."""
    files = list(_files(folder))
    applications = (each for path in files if path.suffix == ".py" for each in _asgi(path, folder))
    programs = (
        each
        for path in files
        if path.suffix in (".js", ".mjs", ".cjs")
        for each in _node(path, folder)
    )
    return next(applications, None) or next(programs, None)


def service_of(folder: Path) -> Service:
    """Where the CI of a project runs: at GitLab if anything says so, else at GitHub."""
    if (folder / ".gitlab-ci.yml").exists():
        return "gitlab"
    if (folder / ".github").exists():
        return "github"
    return "gitlab" if "gitlab" in _text(folder / ".git" / "config").lower() else "github"


def installing(folder: Path) -> str | None:
    """The command that installs what a project needs; None where nothing says it."""
    if (folder / "requirements.txt").is_file():
        return "pip install -r requirements.txt"
    if (folder / "package.json").is_file():
        return "npm ci" if (folder / "package-lock.json").is_file() else "npm install"
    return "pip install ." if (folder / "pyproject.toml").is_file() else None


def _asgi(path: Path, folder: Path) -> Iterator[Found]:
    text = _text(path)
    application, route = APPLICATION.search(text), ROUTE.search(text)
    place = path.relative_to(folder)
    if application and route and all(part.isidentifier() for part in place.with_suffix("").parts):
        module = ".".join(place.with_suffix("").parts)
        command = f"uvicorn {module}:{application[1]} --port {{port}}"
        yield Found("server", command, route[1], str(place))


def _node(path: Path, folder: Path) -> Iterator[Found]:
    text = _text(path)
    if ('"ws"' not in text and "'ws'" not in text) or not NODE_SERVER.search(text):
        return
    place, route, port = path.relative_to(folder), NODE_PATH.search(text), NODE_PORT.search(text)
    if port and not re.search(r"\s", str(place)):
        command = f"env {port[1]}={{port}} node {place.as_posix()}"
        yield Found("server", command, route[1] if route else "/", str(place))


def _files(folder: Path) -> Iterator[Path]:
    """The sources of a project, the nearest first; what was installed or is hidden is left out."""
    seen = 0
    for here, folders, names in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(
            each for each in folders if depth < DEEPEST
            and each not in ELSEWHERE and not each.startswith(".")
            and not (Path(here) / each / "pyvenv.cfg").exists()
        )  # fmt: skip
        for name in sorted(names):
            seen += 1
            if seen > MOST:
                return
            yield Path(here) / name


def _text(path: Path) -> str:
    """What a file holds; nothing where it cannot be read, or is no source."""
    try:
        if path.stat().st_size > LARGEST:
            return ""
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def quoted(text: str) -> str:
    """A basic string of TOML, which is one of YAML, too."""
    return json.dumps(text)
