"""What is said where nobody connected."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import spec
from conformance.run.client.nobody import why_nobody
from conformance.targets.client import ClientTarget
from tests.rooms.rules.client.blame import seen

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environment", "is_told"),
    [
        ({}, False),
        ({"http_proxy": PROXY}, True),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "localhost"}, True),
        ({"HTTP_PROXY": PROXY, "no_proxy": "localhost,127.0.0.1"}, False),
    ],
)
def test_a_proxy_of_the_environment_may_be_why(
    environment: Mapping[str, str], is_told: bool
) -> None:
    """Many libraries ask it for the way to this machine, too."""
    target = ClientTarget("command", "./client {url}", spec.load_timing("fast"))
    told = why_nobody(target, seen("#0 0.0 started command\n#0 15.0 silent"), environment)
    assert told.startswith("The client did not connect within 15 s.")
    assert ("NO_PROXY" in told) is is_told
