"""A badge: the outcome in a few words, as shields.io wants it of an endpoint (version 1)."""

from __future__ import annotations

import json

from conformance.report.wording import VERDICTS
from conformance.verdict.result import Result
from conformance.verdict.verdict import Verdict

COUNTED: tuple[Verdict, ...] = ("passed", "failed", "warned", "known_failing")


def render(result: Result) -> str:
    """The badge as JSON."""
    counted = [
        f"{number} {VERDICTS[verdict]}"
        for verdict in COUNTED
        if (number := result.counts.get(verdict, 0))
    ]
    if result.outcome == "incomplete":
        counted.insert(0, "incomplete")
    if result.untrue:
        counted.append("known failures untrue")
    badge = {
        "schemaVersion": 1,
        "label": _label(result),
        "message": ", ".join(counted),
        "color": _colour(result),
    }
    return json.dumps(badge, indent=2) + "\n"


def _label(result: Result) -> str:
    dialect = result.target.dialect
    return f"wsbeat {result.role}" + ("" if dialect.is_protocol else f" ({dialect.name})")


def _colour(result: Result) -> str:
    if result.outcome == "violated":
        return "red"
    if result.outcome == "incomplete" or result.exit_code:
        return "lightgrey"
    return "yellow" if result.counts.get("known_failing") else "brightgreen"
