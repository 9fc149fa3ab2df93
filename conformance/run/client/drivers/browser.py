"""Whether there is a browser to open pages in."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


INSTALL = 'pip install "wsbeat[browser]"'


def chromium() -> str | None:
    """The path of the system's Chromium, if it has one."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def missing_browser() -> str | None:
    """What to do when pages cannot be opened here, or None when they can."""
    if find_spec("playwright") is None:
        return f"--page needs Playwright. Install it with: {INSTALL}"
    if chromium() is None:
        return (
            "--page needs Chromium, and none was found: none of the commands "
            f"{', '.join(PROGRAMS)} is there. Install it with the system's package manager, "
            "such as: apt-get install chromium"
        )
    return None
