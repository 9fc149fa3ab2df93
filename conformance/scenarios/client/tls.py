"""What a client does with certificates: a good one, and several that are not valid."""

from __future__ import annotations

import spec
from conformance.scenarios.client.waits import comeback
from conformance.scenarios.scenario import ClientScenario, played
from conformance.trace.event import Certificate
from conformance.wire.client.listener import Listener


def _presenting(certificate: Certificate, name: str, doc: str) -> ClientScenario:
    async def presents(listener: Listener, timing: spec.Timing) -> None:
        connection = await listener.first_connection()
        if connection is not None and certificate != "valid":
            # It may try again, and it may not.
            await listener.connection_or_end(by=listener.after(comeback(timing)))

    presents.__doc__ = doc
    return played("C-TLS-VERIFY", lasts=comeback, certificate=certificate, name=name)(presents)


presents_an_expired_certificate = _presenting(
    "expired",
    "presents_an_expired_certificate",
    "Presents a certificate of a trusted authority that was valid until yesterday.",
)


presents_a_self_signed_certificate = _presenting(
    "self-signed",
    "presents_a_self_signed_certificate",
    "Presents a certificate that nobody but itself vouches for.",
)


presents_a_certificate_of_another_host = _presenting(
    "wrong host",
    "presents_a_certificate_of_another_host",
    "Presents a certificate of a trusted authority for another host.",
)


presents_a_valid_certificate = _presenting(
    "valid",
    "presents_a_valid_certificate",
    "Presents a valid certificate, of an authority that the client was told of.",
)
