"""What a `wsbeat.toml` of a client says, where the command line does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.config.client import ClientGiven
from conformance.config.file import read
from conformance.run.client.drivers import DRIVERS


def completed(given: ClientGiven, config: str | None) -> ClientGiven:
    """What the command line and the file that `config` names say together; raises ConfigError."""
    if config is None:
        return given
    file = read(Path(config), "client")
    capabilities = file.get("capabilities", {})
    handed_over = given.handed_over
    if not any(handed_over.values()):
        handed_over = {row.name: file.get(row.name) for row in DRIVERS}
    return replace(
        given,
        handed_over=handed_over,
        timing=given.timing or file.get("timing"),
        dialect=given.dialect or file.get("dialect"),
        select=given.select or tuple(file.get("select", ())),
        exclude=given.exclude or tuple(file.get("exclude", ())),
        strict=given.strict or file.get("strict", False),
        protocol=given.protocol or file.get("protocol"),
        known_failing=given.known_failing or file.get("known_failing"),
        seed=file.get("seed") if given.seed is None else given.seed,
        examples=file.get("examples") if given.examples is None else given.examples,
        trust=given.trust or tuple(file.get("client_env", ())),
        server_ping=given.server_ping or capabilities.get("server_ping", False),
        no_echo=given.no_echo or not capabilities.get("echo", True),
        http=given.http or file.get("http"),
        manual=given.manual or file.get("manual"),
        config=config,
    )
