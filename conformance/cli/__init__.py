"""The command line: one file for each kind of thing that a person asks for."""

from conformance.cli.app import cli, main

__all__ = ["cli", "main"]
