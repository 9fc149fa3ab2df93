"""Servers that shake hands wrongly."""

from collections.abc import Sequence
from dataclasses import replace

from websockets.http11 import Request

from tests.mutants.behaviour import Behaviour, Close
from tests.mutants.mutant import mutant

UPGRADE = ("Upgrade", "upgrade")


@mutant("S-ACCEPT")
def selects_a_subprotocol_nobody_offered(server: Behaviour) -> Behaviour:
    """Every handshake is answered with the subprotocol ``heartbeat``."""
    return replace(server, subprotocol=lambda offered: "heartbeat")


@mutant("S-ACCEPT")
def selects_the_first_subprotocol_offered(server: Behaviour) -> Behaviour:
    """A subprotocol that the server cannot know is selected because it was offered."""
    return replace(server, subprotocol=lambda offered: offered[0] if offered else None)


@mutant("S-ACCEPT")
def refuses_a_subprotocol_it_does_not_know(server: Behaviour) -> Behaviour:
    """A client that offers subprotocols gets 400, because the server knows none of them."""
    return replace(server, refuses=bool)


@mutant("S-ACCEPT")
def refuses_who_offers_no_subprotocol(server: Behaviour) -> Behaviour:
    """A client that offers nothing gets 400; one that offers anything is served."""
    return replace(server, refuses=lambda offered: not offered)


@mutant("S-ACCEPT")
def closes_at_once_who_offers_no_subprotocol(server: Behaviour) -> Behaviour:
    """A client that offers nothing is accepted, and closed with 4406 before it says anything."""
    offers = [False]

    def noted(offered: Sequence[str]) -> bool:
        offers[0] = bool(offered)
        return False

    return replace(
        server, refuses=noted, greeting=lambda talk: [] if offers[0] else [Close(4406, "none")]
    )


@mutant("S-ACCEPT")
def refuses_several_subprotocols(server: Behaviour) -> Behaviour:
    """A client that offers more than one subprotocol gets 400."""
    return replace(server, refuses=lambda offered: any("," in each for each in offered))


@mutant("S-ACCEPT")
def copies_the_offer_of_compression(server: Behaviour) -> Behaviour:
    """The 101 has the extensions as the client offered them, which no browser takes for an answer.

    A window that is offered has no size, and one that is agreed on has (RFC 7692, 7.1.2.2).
    """
    return replace(server, extension=lambda offered: offered)


@mutant("S-PONG")
def takes_the_offer_of_compression_and_reads_nothing_compressed(server: Behaviour) -> Behaviour:
    """The 101 agrees to permessage-deflate, of which the server knows only the name."""
    return replace(server, extension=lambda offered: "permessage-deflate")


@mutant("S-ACCEPT")
def takes_connection_for_one_word(server: Behaviour) -> Behaviour:
    """``Connection: keep-alive, Upgrade`` is not taken for an upgrade."""
    return replace(server, understands=lambda request: request.headers["Connection"] in UPGRADE)


@mutant("S-ACCEPT")
def knows_header_fields_in_one_spelling(server: Behaviour) -> Behaviour:
    """``sec-websocket-key`` is not found: it is spelled ``Sec-WebSocket-Key``."""

    def has_key(request: Request) -> bool:
        return "Sec-WebSocket-Key" in dict(request.headers.raw_items())

    return replace(server, understands=has_key)


@mutant("S-ACCEPT")
def reads_a_kilobyte_of_a_request(server: Behaviour) -> Behaviour:
    """A request is read once, 1,024 bytes of it, and has no end then."""
    return replace(server, understands=lambda request: len(request.serialize()) <= 1024)
