"""What the commands that check something share: what is asked for, and the run."""

# ruff: noqa: PLC0415 - each step imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.cli.showing.outcome import Stop, Unfinished, console

if TYPE_CHECKING:
    from conformance.cli.showing.interrupts import Interrupts
    from conformance.config.server import Given
    from conformance.run.plan import Plan, Progress, Watch
    from conformance.run.server.exploring.example_source import Ahead
    from conformance.targets.client import ClientTarget
    from conformance.targets.options import Options
    from conformance.targets.server import Target
    from conformance.verdict.result import Result


def requested(given: Given, config: str | None = None) -> tuple[Target, Options]:
    """The target and the options that the command line and a config file ask for."""
    from conformance.config import server as configuration
    from conformance.config.error import ConfigError
    from conformance.verdict.selection import UsageError

    try:
        return configuration.requested(given, config)
    except (ConfigError, UsageError) as error:
        raise Stop(error) from None


def checked(target: Target | ClientTarget, options: Options) -> Result:
    """Check a server or a client, showing progress on standard error."""
    from conformance.run.server.exploring.example_source import drawn_for
    from conformance.targets.server import Target as AServer

    if not isinstance(target, AServer) or target.within is None:
        return _checked(target, options, None)
    with drawn_for(target, options) as ahead:
        # What is drawn will soon be waited for: meanwhile all else is loaded.
        if options.examples:
            ahead.begin()
        return _checked(target, options, ahead)


def _checked(target: Target | ClientTarget, options: Options, ahead: Ahead | None) -> Result:
    from pathlib import Path

    from conformance.cli.showing.progress import watching
    from conformance.report import wording
    from conformance.report.destination import DestinationError, check_folder
    from conformance.run.check import check_client, check_server
    from conformance.run.client.run import NoClient
    from conformance.run.server.probe import Unreachable
    from conformance.targets.client import ClientTarget as AClient
    from conformance.targets.started.process import CannotStart, LaunchError
    from conformance.verdict.selection import UsageError

    try:
        if options.traces is not None:
            check_folder(Path(options.traces))
        with watching(console(stderr=True), wording.checked(target)) as shown:
            watch = _interruptible(shown, click.get_current_context().obj)
            if isinstance(target, AClient):
                if target.is_virtual:
                    return _client_here(target, options, watch)
                return check_client(target, options, watch)
            if target.within is not None:
                return _server_here(target, options, watch, ahead)
            if options.crowd is not None:
                return _crowd(target, options, watch)
            return check_server(target, options, watch)
    except (UsageError, DestinationError, CannotStart) as error:
        raise Stop(error) from None
    except (Unreachable, NoClient, LaunchError) as error:
        raise Unfinished(error) from None


def _server_here(target: Target, options: Options, watch: Watch, ahead: Ahead | None) -> Result:
    """Check a server in virtual time, in this process."""
    from conformance.run.within.check import check_server_here
    from conformance.run.within.named import NotNamed

    try:
        return check_server_here(target, options, watch, ahead=ahead)
    except NotNamed as error:
        raise Stop(error) from None


def _crowd(target: Target, options: Options, watch: Watch) -> Result:
    """Let a crowd loose on a server."""
    from conformance.run.server.crowd.check import check_crowd

    return check_crowd(target, options, watch)


def _client_here(target: ClientTarget, options: Options, watch: Watch) -> Result:
    """Check a client in virtual time, in this process."""
    from conformance.run.within.check import check_client_here

    return check_client_here(target, options, watch)


def _interruptible(watch: Watch, interrupts: Interrupts | None) -> Watch:
    """The same Watch; between its news a run is interrupted, and not once it is over."""

    def told(news: Plan | Progress) -> None:
        if interrupts is not None:
            interrupts.defer()
            if not getattr(news, "is_over", False):
                interrupts.raise_if_come()
        watch(news)

    return told
