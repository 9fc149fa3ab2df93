"""The end of a WebSocket connection, where uvicorn alone would leave the contract."""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

MAX_MESSAGE = 2**20  # bytes of a message; a longer one is closed with 1009 (S-SIZE)
LAST_WORDS = 1.0  # seconds for a peer to read the Close of a server that shuts down


class Connection(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, with an end for peers that do not listen.

    uvicorn closes a connection by flushing it first, but a peer that reads nothing is never
    flushed; and it closes at once when it refuses a frame, but closing under a peer that is still
    sending resets the connection, and the reset destroys the Close that was to say why.
    """

    drop_after: float

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application sends; after its Close, drop the connection in time."""
        if message["type"] == "websocket.close":
            self.loop.call_later(self.drop_after, self._drop)  # S-DROP
        await super().send(message)

    def send_receive_event_to_app(self) -> None:
        """Hand a message to the application, or close with 1007 if its text is not UTF-8."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Say why a frame was refused (1002, 1007, 1009), and listen until the peer has heard."""
        if self.close_sent:
            return  # websockets discards what still comes
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.write_eof()
        self.close_sent = True
        self.close_timer = self.loop.call_later(self.drop_after, self._drop)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def shutdown(self) -> None:
        """Close with 1012 (S-GOING-AWAY), and do not wait long for who does not read it."""
        super().shutdown()
        self.loop.call_later(LAST_WORDS, self._drop)

    def _drop(self) -> None:
        if not self.disconnected:  # asyncio's transports cannot be aborted once they were flushed
            self.transport.abort()


def connection(drop_after: float) -> type[Connection]:
    """Return the protocol for uvicorn, with the seconds that a peer has to answer a Close."""
    return type("Connection", (Connection,), {"drop_after": drop_after})
