"""The command that shows a violation again, safe to paste, without any secret."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import spec
from conformance.targets.client import ClientTarget
from conformance.targets.options import DEFAULT_EXAMPLES, Options
from conformance.targets.server import Target


def command_to_see(
    requirement: str, target: Target | ClientTarget | None, options: Options, trace: str | None
) -> str:
    """The command that judges a requirement on the same target again.

    Secret values are left for the user to fill in. Where nothing is known of a target, the command
    judges the `trace` (a file) that showed the violation.
    """
    if target is None:
        return shlex.join(["wsbeat", "judge", trace or "FILE", "--select", requirement])
    words = [*_on_the_same(target, options), *_drawing_options(options)]
    return shlex.join([*words, "--select", requirement])


def command_to_replay(
    requirement: str, target: Target | ClientTarget | None, options: Options, trace: str | None
) -> str:
    """The command that plays again, on the same target, what a trace shows; empty without one."""
    if target is None or trace is None:
        return ""
    words = [*_on_the_same(target, options), "--replay", trace]
    return shlex.join([*words, "--select", requirement])


def _on_the_same(target: Target | ClientTarget, options: Options) -> list[str]:
    if not isinstance(target, ClientTarget):
        return ["wsbeat", "server", *_server_options(target, options)]
    config = [] if options.config is None else ["--config", options.config]
    return ["wsbeat", "client", *client_options(target), *config]


def client_options(target: ClientTarget) -> list[str]:
    """The options that hand the same client over again."""
    words = [f"--{target.driver}", target.repeated]
    if target.is_virtual:
        words = [target.repeated, "--virtual"]
    words += _dialect_options(target)
    words += _timing_options(target.timing_source)
    for name in target.trust:
        words += ["--client-env", name]
    words += [] if target.http is None else ["--http", target.http]
    return words + _capability_options(target)


def _server_options(target: Target, options: Options) -> list[str]:
    words = [] if target.command is None else ["--command", target.command]
    words += [target.shown] if target.within is None else [target.within, "--virtual"]
    if options.config is not None:
        words += ["--config", options.config]
    words += _dialect_options(target)
    words += _timing_options(target.timing_source)
    for name in target.headers:
        words += ["--header", f"{name}: ..."]
    for name in target.subprotocols:
        words += ["--subprotocol", name]
    proxied = target.through_proxies
    words += _words(
        {
            "--origin": target.origin,
            "--cafile": target.cafile,
            "--client-cert": target.client_cert,
            "--behind-proxy": None if proxied is None else proxied.shown,
        }
    )
    words += ["--insecure"] if target.insecure else []
    words += ["--compression"] if target.compression else []
    words += _load_options(target) + _capability_options(target)
    return words + ([] if options.crowd is None else _words(options.crowd.options))


def _load_options(target: Target) -> list[str]:
    """How much the server may be burdened with."""
    return _words(
        {
            "--max-message": target.max_message,
            "--max-connections": target.max_connections,
            "--rate": target.rate,
        }
    )


def _words(options: Mapping[str, str | float | None]) -> list[str]:
    """Options with their values, as words; without those that have none."""
    return [
        word
        for name, value in options.items()
        if value is not None
        for word in (name, f"{value:g}" if isinstance(value, float) else str(value))
    ]


def _timing_options(source: str) -> list[str]:
    """Nothing for a timing that was given in some other way than by its name or its file."""
    return ["--timing", source] if source in spec.SHIPPED or Path(source).is_file() else []


def _dialect_options(target: Target | ClientTarget) -> list[str]:
    return ["--dialect", target.dialect_source] if target.dialect_source else []


def _capability_options(target: Target | ClientTarget) -> list[str]:
    capabilities, own = target.capabilities, target.dialect.is_protocol
    options = {
        "--no-echo": own and not capabilities.echo,
        "--server-ping": own and capabilities.server_ping,
        "--inbound-liveness": own and capabilities.inbound_liveness,
        "--one-per-user": capabilities.one_per_user,
    }
    return [name for name, is_declared in options.items() if is_declared]


def _drawing_options(options: Options) -> list[str]:
    """The options that decide what is drawn."""
    words = ["--seed", str(options.seed)] if options.seed else []
    if options.examples != DEFAULT_EXAMPLES:
        words += ["--examples", str(options.examples)]
    return words
