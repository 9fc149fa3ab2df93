"""Certificates with which a client's care is tried: made anew for each run, by a CA of its own."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from ssl import SSLContext

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.trace.event import Certificate

ELSEWHERE = "elsewhere.invalid"
"""The host of the certificate that is not valid here; no such host exists (RFC 6761)."""


DAY = timedelta(days=1)


def contexts_for(
    host: str, wanted: Iterable[Certificate], bundle: Path
) -> dict[Certificate, SSLContext]:
    """How to present each of the wanted certificates in TLS handshakes.

    The authority behind them is new, so nobody trusts it who is not told of `bundle`, the file into
    which its own certificate is put.
    """
    ca = trustme.CA()
    ca.cert_pem.write_to_path(bundle)
    return {which: _context(which, host, ca, bundle.parent) for which in wanted}


def _context(which: Certificate, host: str, ca: trustme.CA, folder: Path) -> SSLContext:
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if which == "self-signed":
        _self_signed(host, context, folder)
        return context
    now = datetime.now(UTC)
    if which == "expired":
        issued = ca.issue_cert(host, not_before=now - 2 * DAY, not_after=now - DAY)
    else:
        issued = ca.issue_cert(host if which == "valid" else ELSEWHERE)
    issued.configure_cert(context)
    return context


def _self_signed(host: str, context: SSLContext, folder: Path) -> None:
    """A certificate for the right host, in date, that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wsbeat, self-signed")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "wsbeat-self-signed.pem"
    encoding = serialization.Encoding.PEM
    form, cipher = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(encoding, form, cipher) + certificate.public_bytes(encoding))
    context.load_cert_chain(path)
