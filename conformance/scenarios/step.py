"""A step: something said to a target, and how it is written for another process."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, TypeAlias

Step: TypeAlias = str | bytes
"""Something said to a target: a text, or a binary message."""


def step_to_json(step: Step) -> Any:
    """The step as JSON: a text as it is, a binary message in base64."""
    return step if isinstance(step, str) else {"base64": b64encode(step).decode()}


def step_from_json(written: Any) -> Step:
    """The step that `step_to_json` wrote."""
    return written if isinstance(written, str) else b64decode(written["base64"])
