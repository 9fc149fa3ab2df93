"""Node and what npm has installed for it, or a skip that says what to install."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OLDEST = 20


def node() -> str:
    """Return the path of Node, or skip the test where there is none that is new enough."""
    found = shutil.which("node")
    if found is None:
        pytest.skip(f"Node is not installed: install Node {OLDEST} or newer to test the client")
    version = subprocess.run(
        [found, "--version"], capture_output=True, text=True, check=True
    ).stdout
    major = re.match(r"v(\d+)", version)
    if major is None or int(major[1]) < OLDEST:
        pytest.skip(f"Node {version.strip()} is too old: the client needs {OLDEST} or newer")
    return found


def package(name: str) -> Path:
    """Return the folder of an npm package, or skip the test where it is not installed."""
    elsewhere = [Path(each) for each in os.environ.get("NODE_PATH", "").split(os.pathsep) if each]
    for modules in [ROOT / "node_modules", *elsewhere]:
        if (modules / name / "package.json").is_file():
            return modules / name
    pytest.skip(
        f"npm's {name} is not installed: run `npm install` in {ROOT}, or let NODE_PATH name a "
        f"node_modules folder with {name} in it"
    )
