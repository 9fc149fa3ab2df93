"""The version of the protocol whose requirements count."""

from __future__ import annotations

import spec
from conformance.config.error import ConfigError
from conformance.targets.printable import printable


def known_version(version: str | None) -> str | None:
    """A version that there has been, or None for the newest; raises ConfigError for another."""
    if version is None or version in spec.versions():
        return version
    raise ConfigError(
        f"--protocol: {printable(version, 60)} is no version of the protocol that this wsbeat "
        f"knows. Expected one of {', '.join(spec.versions())}."
    )
