"""The certificates that a listener presents, and clients that ask all the same."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import get_args

import pytest

from conformance.trace.event import Certificate
from conformance.wire.client.certificates import contexts_for
from conformance.wire.client.listener import Listener
from tests.rooms.wire.client.scripts import (
    PING,
    PONG,
    accepted,
    kinds,
    of,
    played,
    visit,
)


@pytest.mark.parametrize("which", get_args(Certificate))
def test_a_certificate_is_presented(which: Certificate, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    context = contexts_for("127.0.0.1", [which], bundle)[which]
    trust = ssl.create_default_context(cafile=bundle)

    async def script(listener: Listener) -> None:
        assert listener.url.startswith("wss://")
        if which == "valid":
            async with visit(listener, ssl=trust) as client:
                await client.send(PING)
                assert await client.recv() == PONG
            return
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            await visit(listener, ssl=trust).__aenter__()
        assert WHY[which] in refused.value.verify_message
        assert not (await accepted(listener)).was_accepted

    trace = played(script, certificate=(which, context))
    assert trace.events[0].kind == "certificate"
    assert trace.events[0].content == which
    assert ("requested" in kinds(trace)) == (which == "valid")
    if which != "valid":
        assert kinds(trace) == ["opening", "refused", "ended"]
        assert "TLS" in str(of(trace, "refused").content)


WHY = {
    "expired": "expired",
    "self-signed": "self-signed",
    "wrong host": "IP address mismatch",
}


def test_a_careless_client_is_seen_to_ask(tmp_path: Path) -> None:
    context = contexts_for("127.0.0.1", ["self-signed"], tmp_path / "ca.pem")["self-signed"]
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE

    async def script(listener: Listener) -> None:
        async with visit(listener, ssl=careless):
            pass

    assert "requested" in kinds(played(script, certificate=("self-signed", context)))
