"""The figures of the proof, as the commands that measure them write them: ``docs/proof.json``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "proof.json"

Figures: TypeAlias = dict[str, Any]


def measured() -> Figures:
    """All figures that were ever written, by section; none where nothing was measured yet."""
    if not FIGURES.exists():
        return {}
    figures: Figures = json.loads(FIGURES.read_text("utf-8"))
    return figures


def record(section: str, command: str, values: Mapping[str, Any]) -> None:
    """Write the figures of one section anew, with the command, the day and the machine."""
    figures = measured()
    figures[section] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        **values,
    }
    text = json.dumps(dict(sorted(figures.items())), indent=2, ensure_ascii=False)
    FIGURES.write_text(text + "\n", "utf-8")


def machine() -> str:
    """What was measured on, in words that name no host."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )
