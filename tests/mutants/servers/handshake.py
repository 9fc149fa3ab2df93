"""Servers that shake hands wrongly."""

from collections.abc import Sequence
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Close
from tests.mutants.mutant import mutant


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
