"""The one exception that says what is wrong with a command line or a configuration file."""

from __future__ import annotations


class ConfigError(Exception):
    """What was asked for cannot be done; the text says where, what was found, what is expected."""
