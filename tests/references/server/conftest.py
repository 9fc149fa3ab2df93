"""Reference servers to test: one in a process of its own for each module that asks for it."""

from collections.abc import Iterator

import pytest

from tests.peers.process import running


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Yield the URL of a server with fast timing, which must not complain all the while."""
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        yield server.url
        assert server.end() == 0
        assert server.complaints() == ""
