"""Clients that trust whom they should not."""

import ssl
from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.mutant import mutant

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which ssl has no name


@mutant("C-TLS-VERIFY")
def trusts_every_certificate(client: Behaviour) -> Behaviour:
    """Verifies nothing."""

    def context(cafile: str | None) -> ssl.SSLContext:
        trusting = ssl.create_default_context(cafile=cafile)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        return trusting

    return replace(client, tls=context)


@mutant("C-TLS-VERIFY")
def does_not_compare_the_host(client: Behaviour) -> Behaviour:
    """Takes any certificate of an authority that it trusts."""

    def context(cafile: str | None) -> ssl.SSLContext:
        trusting = ssl.create_default_context(cafile=cafile)
        trusting.check_hostname = False
        return trusting

    return replace(client, tls=context)


@mutant("C-TLS-VERIFY")
def does_not_look_at_the_date(client: Behaviour) -> Behaviour:
    """Takes a certificate that has expired."""

    def context(cafile: str | None) -> ssl.SSLContext:
        trusting = ssl.create_default_context(cafile=cafile)
        trusting.verify_flags |= NO_CHECK_TIME
        return trusting

    return replace(client, tls=context)
