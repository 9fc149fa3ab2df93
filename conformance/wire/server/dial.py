"""Dialling a server: opening connections to a target and recording all that happens on them."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from secrets import randbelow
from typing import Any

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import USER_AGENT
from websockets.typing import Origin, Subprotocol

from conformance import __version__
from conformance.targets.address import Address, address
from conformance.targets.secrets import OF_THE_CONNECTION
from conformance.targets.server import Target
from conformance.targets.started.instance import Instance
from conformance.trace.event import NO_TCP, WHOLE_TRACE, Refusal
from conformance.trace.note import THROUGH_PROXIES
from conformance.trace.patience import patience
from conformance.wire.clock import Clock
from conformance.wire.ends.candid import CandidProtocol
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Recorder
from conformance.wire.server.limiter import Permit
from conformance.wire.server.manner import PLAINLY, Manner
from conformance.wire.sockets import connected_from, what_is_said_of

NUMBERS = 10**18
"""Out of so many each connection gets one of its own: by chance, since several runs may be beside
each other, and time stands still in virtual time; and as a number of 64 bits, as databases have."""


TURNS = 8
"""How many turns of the event loop a TCP connection takes at the most that the system has made."""


SILENT = logging.getLogger(f"{__name__}.silent")
"""Takes what websockets logs: what matters is in the trace, and a traceback is nothing to show."""


SILENT.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Dial:
    """Opens connections to one target for one trace; `start` is the scenario's time zero.

    `instances` are those that the scenario has for itself.
    """

    target: Target
    recorder: Recorder
    clock: Clock
    start: float
    tls: ssl.SSLContext | None
    instances: tuple[Instance, ...] = ()
    permit: Permit | None = None
    end: type[Peer] = Peer
    """What plays wsbeat's end of each connection."""
    source: str | None = None
    """The address of this machine to connect from; None leaves it to the system."""
    manner: Manner = PLAINLY
    """How the handshake is asked for."""
    is_proxied: bool = False
    """Whether the target's URL leads through its proxies, while the others of the trace do not."""

    def __post_init__(self) -> None:
        self.recorder.secrets = self.target.secrets

    def to(self, instance: Instance) -> Dial:
        """The same for an instance of the target."""
        return replace(self, target=self.target.at(instance.port))

    def through_proxies(self) -> Dial:
        """The same through the target's proxies, if it has any; the trace tells the two apart."""
        target = self.target.through_proxies
        if target is None:
            return self
        return replace(self, target=target, tls=tls_for(target), is_proxied=True)

    def asking(self, manner: Manner) -> Dial:
        """The same, asking for connections in a manner, which the trace tells."""
        return replace(self, manner=manner)

    def from_now(self) -> Dial:
        """The same, with its time zero now."""
        return replace(self, start=self.clock.now())

    @property
    def echoes(self) -> bool:
        """Whether business messages are answered with echoes."""
        return self.target.capabilities.echo

    @property
    def is_limited(self) -> bool:
        """Whether the target takes but so many connections at a time."""
        return self.permit is not None and self.permit.most is not None

    @property
    def patience(self) -> float:
        """How long to wait for something that ought to come, in seconds."""
        return patience(self.target.timing)

    @property
    def settling(self) -> float:
        """How long to listen for what should not come, in seconds: a surplus reply, mostly."""
        timing = self.target.timing
        return timing.reply_deadline + 1.2 * timing.tolerance

    @asynccontextmanager
    async def __call__(self, subprotocols: Sequence[str] = ()) -> AsyncIterator[Peer]:
        """A connection, closed in order at the end of the block.

        Raises HandshakeRefused when the server does not open one.
        """
        peer = await self.open(subprotocols)
        try:
            yield peer
        finally:
            await peer.close(by=self.clock.now() + self.patience)

    async def open(self, subprotocols: Sequence[str] = ()) -> Peer:
        """A connection that the caller closes; raises HandshakeRefused."""
        peer = await self.knock(subprotocols)
        try:
            await peer.opened(by=self.clock.now() + self.patience)
            await peer.introduced(self.patience)
        except asyncio.CancelledError:
            peer.abort()
            raise
        return peer

    async def knock(self, subprotocols: Sequence[str] = ()) -> Peer:
        """A connection on which the handshake was asked for; raises HandshakeRefused.

        Whether it is answered is for the caller to wait for.
        """
        if self.permit is not None:
            await self.permit.show()
        to = address(self.target.address)
        target = self.target
        own = () if target.subprotocols else target.dialect.subprotocols
        names = (*target.subprotocols, *own, *target.demanded, *subprotocols)
        offered = [Subprotocol(name) for name in dict.fromkeys(names)]
        compresses = target.compression or self.manner.compresses
        protocol = CandidProtocol(
            to.uri,
            origin=None if self.target.origin is None else Origin(self.target.origin),
            extensions=[ClientPerMessageDeflateFactory()] if compresses else None,
            subprotocols=offered or None,
            logger=SILENT,
        )
        headers = {"User-Agent": f"wsbeat/{__version__} {USER_AGENT}", **self._own_headers()}
        request = self.manner.asks(protocol.connect(), headers)
        peer = self.end(protocol, request, self.recorder, self.clock)
        self.recorder.manners[peer.number] = self.manner.told
        peer.request_cut = self.manner.cut
        now = self.clock.now()
        if self.is_proxied:
            self.recorder.record(peer.number, now, now, "note", content=THROUGH_PROXIES)
        by = now + self.patience
        try:
            await self._connect(peer, to, by)
        except asyncio.CancelledError:
            peer.abort()
            raise
        return peer

    async def side_by_side(self, works: Iterable[Coroutine[None, None, None]]) -> None:
        """Do several things, each on one connection, as many at a time as are allowed."""
        works = list(works)
        most = None if self.permit is None else self.permit.most
        turns = asyncio.Semaphore(most or max(1, len(works)))

        async def in_turn(work: Coroutine[None, None, None]) -> None:
            try:
                async with turns:
                    await work
            finally:
                work.close()  # Where it was cancelled before its turn came.

        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(in_turn(work))

    def _own_headers(self) -> dict[str, str]:
        """The target's header fields, as they are to be on one connection."""
        number = str(randbelow(NUMBERS))
        return {
            name: value.replace(OF_THE_CONNECTION, number)
            for name, value in self.target.headers.items()
        }

    async def until(self, moment: float) -> None:
        """Wait until `moment` seconds after the scenario's start."""
        await asyncio.sleep(max(0.0, self.at(moment) - self.clock.now()))

    def note(self, text: str) -> None:
        """Note something in the trace that its reader has to know."""
        now = self.clock.now()
        self.recorder.record(WHOLE_TRACE, now, now, "note", content=text)

    def at(self, moment: float) -> float:
        """The clock's time `moment` seconds after the scenario's start."""
        return self.start + moment

    def after(self, seconds: float) -> float:
        """The clock's time in so many seconds."""
        return self.clock.now() + seconds

    async def _connect(self, peer: Peer, to: Address, by: float) -> None:
        try:
            async with _looking_once_more(by - self.clock.now()):
                await self._reach(peer, to)
        except TimeoutError:
            failed = self._failed(peer, NO_TCP)
            peer.abort()  # Lest its end, which is wsbeat's doing, be taken for the server's.
            raise failed from None
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.reason or str(error)
            raise self._failed(peer, f"TLS failed: {reason}") from None
        except OSError as error:
            raise self._failed(peer, what_is_said_of(error)) from None

    async def _reach(self, peer: Peer, to: Address) -> None:
        """Make the TCP connection, and go through TLS; raises OSError where that fails."""
        loop, uri = asyncio.get_running_loop(), to.uri
        if to.socket is not None:
            await loop.create_unix_connection(lambda: peer, to.socket)
            return
        security: dict[str, Any] = {
            "ssl": self.tls if uri.secure else None,
            "server_hostname": uri.host if uri.secure else None,
        }
        if self.source is None:
            await loop.create_connection(lambda: peer, uri.host, uri.port, **security)
        else:
            sock = await connected_from(self.source, (uri.host, uri.port))
            await loop.create_connection(lambda: peer, sock=sock, **security)

    def _failed(self, peer: Peer, detail: str) -> HandshakeRefused:
        now = self.clock.now()
        refusal = Refusal(None, detail)
        event = self.recorder.record(peer.number, now, now, "refused", content=refusal)
        assert isinstance(event.content, Refusal)
        return HandshakeRefused(event.content)


@asynccontextmanager
async def _looking_once_more(delay: float) -> AsyncIterator[None]:
    """Raises TimeoutError after `delay` seconds, and after what the system has made by then.

    Where wsbeat was late, that may have been there long before.
    """
    loop = asyncio.get_running_loop()

    async def ends_it() -> None:
        await asyncio.sleep(delay)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        limit.reschedule(loop.time())

    async with asyncio.timeout(None) as limit:
        ending = loop.create_task(ends_it())
        try:
            yield
        finally:
            ending.cancel()


def tls_for(target: Target) -> ssl.SSLContext | None:
    """How to trust a `wss:` target; None for `ws:`.

    Raises OSError or ssl.SSLError when `cafile` cannot be read as certificates, or `client_cert` as
    a certificate with its key. A key that is encrypted is not asked about.
    """
    if not target.url.startswith("wss:"):
        return None
    context = ssl.create_default_context(cafile=target.cafile)
    if target.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if target.client_cert is not None:
        certificate, _, key = target.client_cert.partition(",")
        context.load_cert_chain(certificate, key or None, password="")
    return context
