"""Servers that shake hands wrongly."""

from dataclasses import replace

from tests.mutants.behaviour import Behaviour
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
def refuses_several_subprotocols(server: Behaviour) -> Behaviour:
    """A client that offers more than one subprotocol gets 400."""
    return replace(server, refuses=lambda offered: any("," in each for each in offered))
