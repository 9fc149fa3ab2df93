"""Targets as JSON, secrets and all: for another process of a run, and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import spec
from conformance.trace.trace import Capabilities
from spec.dialect.made import made

if TYPE_CHECKING:
    from conformance.targets.client import ClientTarget
    from conformance.targets.server import Target


def written(target: Target | ClientTarget) -> dict[str, Any]:
    """A target as `members` reads it."""
    return {
        **{field.name: getattr(target, field.name) for field in fields(target)},
        "timing": asdict(target.timing),
        "capabilities": asdict(target.capabilities),
        "dialect": dict(target.dialect.document),
    }


def members(told: Mapping[str, Any], *tuples: str) -> dict[str, Any]:
    """The members of a target that was `written`; `tuples` names those that are tuples."""
    dialect = made(told["dialect"])
    return {
        **told,
        "timing": spec.load_timing(told["timing"], is_lenient=not dialect.is_protocol),
        "dialect": dialect,
        "capabilities": Capabilities(**told["capabilities"]),
        **{name: tuple(told[name]) for name in tuples},
    }
