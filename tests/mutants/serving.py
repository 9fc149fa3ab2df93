"""Running a server that behaves as a ``Behaviour`` says."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol
from websockets.typing import Subprotocol

from spec import Timing
from tests.mutants.behaviour import Behaviour, Close, Conversation, House
from tests.mutants.connection import Connection, Wire
from tests.mutants.mutant import Mutant
from tests.mutants.tongue import Tongue, translate

DEFLATE = "permessage-deflate"


LINGERS = 60.0
"""How many seconds a TCP connection is left open that a client ought to end, and does not."""


@asynccontextmanager
async def serving(
    mutant: Mutant,
    timing: Timing,
    port: int = 0,
    declared: Collection[str] = (),
    *,
    queued: bool = False,
    tongue: Tongue | None = None,
) -> AsyncIterator[str]:
    """Run a mutant in this event loop and yield its ``ws://`` URL; port 0 takes any free one.

    It has the capabilities of ``declared``, beside those that it always has. One that is ``queued``
    answers from a queue. With a ``tongue`` it speaks another dialect.
    """
    behaviour = mutant.behaviour_in(tongue)
    capabilities = frozenset((*mutant.declares, *declared))
    async with _serve(
        behaviour, timing, port, capabilities, queued=queued, tongue=tongue
    ) as server:
        host, taken = next(iter(server.sockets)).getsockname()[:2]
        yield f"ws://{host}:{taken}/ws"
        if isinstance(behaviour.goodbye, Close):
            server.close(code=behaviour.goodbye.code, reason=behaviour.goodbye.reason)
        else:
            for connection in server.connections:
                connection.transport.abort()


def _serve(
    behaviour: Behaviour,
    timing: Timing,
    port: int,
    declared: frozenset[str],
    *,
    queued: bool,
    tongue: Tongue | None,
) -> Server:
    house = House()

    def refuse(socket: ServerConnection, request: Request) -> Response | None:
        offered = request.headers.get_all("Sec-WebSocket-Protocol")
        if behaviour.refuses(offered) or not behaviour.understands(request):
            return socket.respond(HTTPStatus.BAD_REQUEST, "This client is not welcome.\n")
        if behaviour.is_full(house):
            house.served += 1
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "This server is full.\n")
        return None

    def select(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        selected = behaviour.subprotocol(offered)
        return None if selected is None else Subprotocol(selected)

    def answer(socket: ServerConnection, request: Request, response: Response) -> None:
        offered = ", ".join(request.headers.get_all("Sec-WebSocket-Extensions"))
        if behaviour.compresses and DEFLATE in offered:
            response.headers["Sec-WebSocket-Extensions"] = DEFLATE
            socket.protocol.extensions = [behaviour.compresses()]
            return
        if offered and (taken := behaviour.extension(offered)):
            response.headers["Sec-WebSocket-Extensions"] = taken

    async def converse(socket: ServerConnection) -> None:
        assert isinstance(socket, Wire)
        if tongue is not None:
            if tongue.first is not None:
                with suppress(ConnectionClosed):
                    await tongue.first(socket)
            translate(socket, tongue)
        _filter_frames(socket.protocol, behaviour)
        _leave_open(socket.protocol, behaviour)
        socket.torn = behaviour.torn
        house.served += 1
        house.open += 1
        conversation = Conversation(timing, house, declared)
        try:
            await Connection(socket, behaviour, conversation, queued=queued).serve()
        finally:
            house.open -= 1

    def accept(*given: Any, **options: Any) -> Wire:
        house.accepted += 1
        return Wire(*given, **options)

    # websockets logs each client that hangs up in the handshake as an error, with a traceback.
    logger = logging.getLogger("tests.mutants")
    logger.setLevel(logging.CRITICAL)
    return serve(
        converse,
        "127.0.0.1",
        port,
        select_subprotocol=select,
        process_request=refuse,
        process_response=answer,
        create_connection=accept,  # type: ignore[arg-type]
        ping_interval=behaviour.keepalive,
        ping_timeout=behaviour.gives_up,
        close_timeout=max(behaviour.patience, LINGERS if _ever_lingers(behaviour) else 0.0),
        max_size=behaviour.limit,
        compression=None,
        logger=logger,
    )


def _filter_frames(protocol: Protocol, behaviour: Behaviour) -> None:
    send = protocol.send_frame

    def filtered(frame: Frame) -> None:
        is_first = protocol.close_sent is None and protocol.close_rcvd is not None
        is_answer = frame.opcode is Opcode.CLOSE and is_first
        said = behaviour.answer(frame) if is_answer else frame
        for each in (behaviour.frame(said), *behaviour.behind(frame)):
            send(each)

    receive, amid = protocol.recv_frame, [False]

    def heard(frame: Frame) -> None:
        said = behaviour.hears(frame, amid[0])
        if protocol.close_sent is not None and protocol.close_rcvd is None:
            for each in behaviour.late(frame):
                send(each)
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            amid[0] = not frame.fin
        match said:
            case Frame():
                receive(said)
            case Close():
                protocol.send_close(said.code, said.reason)

    protocol.send_frame = filtered  # type: ignore[method-assign]
    protocol.recv_frame = heard  # type: ignore[method-assign]


def _leave_open(protocol: Protocol, behaviour: Behaviour) -> None:
    """Do not end a TCP connection after both Closes, where that is left to the client."""
    end = protocol.send_eof

    def left_open() -> None:
        is_closed = protocol.close_rcvd is not None and protocol.close_sent is not None
        if is_closed and behaviour.lingers(bool(protocol.close_rcvd_then_sent)):
            protocol.eof_sent = True  # or the protocol takes its own state for an error
        else:
            end()

    protocol.send_eof = left_open  # type: ignore[method-assign]


def _ever_lingers(behaviour: Behaviour) -> bool:
    return behaviour.lingers(True) or behaviour.lingers(False)
