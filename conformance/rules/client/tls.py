"""The rule on certificates (protocol.md: TLS)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.evidence import ClientEvidence
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import quoted
from conformance.rules.rule import client_rule
from conformance.trace.event import Event, Refusal

IN_THE_CLEAR = "HTTP_REQUEST"
"""What OpenSSL calls it when a request comes without any TLS around it."""


@client_rule("C-TLS-VERIFY")
def no_request_where_the_certificate_is_not_valid(
    evidence: ClientEvidence,
) -> Iterator[Observation]:
    """Over a connection with a certificate that is not valid for the host no request is sent.

    It has expired, or nobody vouches for it but itself, or it is that of another host. How often
    the client tries is its affair. One that sends its request without TLS has refused nothing.
    """
    for attempt in (*evidence.attempts, *evidence.asked_plainly):
        if attempt.certificate == "valid":
            continue
        asked = attempt.requested or attempt.opened or attempt.plain_request
        if asked is not None:
            yield violated(
                f"A client trusted a certificate that is not valid: {attempt.certificate}.",
                attempt.opening,
                asked,
                expected="no HTTP request over this connection",
                actual=quoted(asked.content or "the request"),
            )
        elif attempt.failed is not None and _says(attempt.failed, IN_THE_CLEAR):
            yield violated(
                "A client sent its request without TLS to a wss: address.",
                attempt.opening,
                attempt.failed,
                expected="no HTTP request over this connection",
                actual="an HTTP request in the clear",
            )
        elif attempt.failed is not None:
            yield satisfied(attempt.opening, attempt.failed)


def _says(failed: Event, reason: str) -> bool:
    return isinstance(failed.content, Refusal) and failed.content.detail.endswith(reason)
