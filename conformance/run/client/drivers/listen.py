"""A client that wsbeat does not start: the one that connects, time and again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from conformance.run.client.drivers.driver import BadOption, Driver, without_a_browser
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.printable import printable
from conformance.wire.client.listener import Listener


@dataclass(frozen=True, slots=True)
class Stranger:
    """A client of which nothing is known but its connections."""

    is_over: bool = False
    said: str = ""

    async def over(self) -> None:
        """Wait for ever: nobody can see a stranger end."""
        await asyncio.Event().wait()

    async def ask(self, firmly: bool) -> None:
        """Nobody can ask it for anything: scenarios that do are not played to it."""
        raise AssertionError("a client that merely connects cannot be asked to end")

    async def dismiss(self, hurry: bool = False) -> None:
        """It stays: the next scenario is played to it, too."""


@dataclass(frozen=True, slots=True)
class ListenStarter:
    """Awaits the client; what it is to connect to was told to the user."""

    async def start(
        self, listener: Listener, scenario: str, environment: Mapping[str, str]
    ) -> Stranger:
        listener.tell("started", "listen")
        return Stranger()


@asynccontextmanager
async def listen_starter() -> AsyncIterator[ListenStarter]:
    """A starter that starts nothing, and so needs nothing set up."""
    yield ListenStarter()


def _checked(address: str) -> str:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) < 2**16:
        raise BadOption(
            f"--listen: {printable(address, 100)!r} is no address. Expected HOST:PORT, such as "
            "127.0.0.1:8765; port 0 is any free one."
        )
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, int(port)))
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BadOption(f"--listen: cannot listen on {address}: {why}.") from None
        found = trial.getsockname()[1]
    return f"[{host}]:{found}" if ":" in host else f"{host}:{found}"


def _cannot_perform(scenario: ClientScenario) -> str | None:
    if scenario.asks:
        return "A client that merely connects cannot be asked to end."
    if scenario.certificate is not None:
        return "A client that merely connects cannot be told to do so over TLS."
    return without_a_browser(scenario)


def _address(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    return host.strip("[]"), int(port)


DRIVER = Driver(
    checked=_checked,
    starter=lambda _: listen_starter(),
    shown=lambda given: f"whoever connects to {given}",
    cannot_perform=_cannot_perform,
    at_once=lambda _: 1,
    starts_anew=False,
    address=_address,
)
