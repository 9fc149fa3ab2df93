"""Clients that are shown a bad certificate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import Refusal
from tests.rooms.rules.client.blame import blamed, seen
from tests.traces.notation import outcomes


@pytest.mark.parametrize("certificate", ["expired", "self-signed", "wrong host"])
def test_a_bad_certificate_gets_no_request(certificate: str) -> None:
    before = f"0.0 started command\n0.01 certificate {certificate}\n0.10 opening"
    refused = "0.12 refused\n0.13 ended eof"
    assert blamed(before, "0.12 requested GET / HTTP/1.1") == {"C-TLS-VERIFY"}
    assert outcomes(seen(before, refused), "C-TLS-VERIFY") == ["satisfied"]
    assert not blamed(before, refused, "0.2 exited exit code 1"), "it need not try again"


def test_a_client_that_knows_no_tls_has_refused_no_certificate() -> None:
    story = seen("#0 0.0 certificate expired\n 0.1 opening\n 0.2 refused\n 0.21 ended eof")
    assert outcomes(story, "C-TLS-VERIFY") == ["satisfied"]
    events = tuple(
        replace(event, content=Refusal(None, "the TLS handshake failed: HTTP_REQUEST"))
        if event.kind == "refused"
        else event
        for event in story.events
    )
    assert outcomes(replace(story, events=events), "C-TLS-VERIFY") == ["violated"]


def test_what_becomes_of_a_connection_with_a_bad_certificate_is_one_fault() -> None:
    """A library that compares the host too late may leave the socket behind it open."""
    before = "0.0 started command\n0.01 certificate wrong host\n0.10 opening\n0.12 requested GET"
    again = "0.13 opened\n#2 0.50 opening\n#2 0.51 refused\n#2 0.52 ended eof\n#0 0.6 silent"
    assert blamed(before, again) == {"C-TLS-VERIFY"}
