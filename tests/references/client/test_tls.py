"""C-TLS-VERIFY: what is sent to a server that cannot prove who it is, which is nothing."""

import datetime
import ssl
from pathlib import Path

import pytest
import trustme

from reference_client import State, trust
from tests.references.client.listener import NO_HEARTBEAT, client, listening

pytestmark = pytest.mark.asyncio

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def cafile(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def shown(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def test_a_certificate_of_an_authority_that_was_handed_over_is_accepted(
    authority: trustme.CA, cafile: str
) -> None:
    tls = shown(authority.issue_cert("localhost"))
    async with (
        listening(tls, host="localhost") as on,
        client(on.url, NO_HEARTBEAT, trust(cafile)) as (found, _),
    ):
        visit = await on.accepted()
        await found.opened()
        await visit.ping()
        visit.close(1000)
        await (await on.visit()).accept()


@pytest.mark.parametrize("fault", ["wrong host", "expired", "not yet valid", "unknown authority"])
async def test_a_certificate_that_is_not_valid_is_refused_and_nothing_is_sent(
    fault: str, authority: trustme.CA, cafile: str
) -> None:
    if fault == "wrong host":
        certificate = authority.issue_cert("elsewhere.example")
    elif fault == "expired":
        certificate = authority.issue_cert("localhost", not_after=NOW - datetime.timedelta(days=1))
    elif fault == "not yet valid":
        certificate = authority.issue_cert("localhost", not_before=NOW + datetime.timedelta(days=1))
    else:
        certificate = trustme.CA().issue_cert("localhost")
    async with listening(shown(certificate), host="localhost") as on:
        async with client(on.url, NO_HEARTBEAT, trust(cafile)) as (_, diary):
            await diary.until(lambda states: states.count(State.WAITING) == 2)
            assert State.OPEN not in diary.states
            assert "certificate" in diary.changes[1].why
        while not on.visits.empty():  # those whose handshake of TLS the server held to be done
            assert await (await on.visit()).event() is None


async def test_the_authorities_of_the_system_are_the_default(authority: trustme.CA) -> None:
    async with (
        listening(shown(authority.issue_cert("localhost")), host="localhost") as on,
        client(on.url, NO_HEARTBEAT) as (_, diary),
    ):
        await diary.until(lambda states: State.WAITING in states)
        assert "certificate" in diary.changes[1].why


async def test_a_file_without_certificates_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "none.pem"):
        with pytest.raises(ValueError, match="no certificates in PEM"):
            trust(str(tmp_path / name))
