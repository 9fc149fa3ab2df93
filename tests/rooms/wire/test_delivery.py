"""A datagram that follows what was sent shows that it has arrived."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from conformance.wire import delivery
from conformance.wire.delivery import Delivery

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is shown")


@pytest.fixture
def shown() -> Iterator[Delivery]:
    own = Delivery()
    yield own
    own.close()


def test_what_was_sent_has_arrived(shown: Delivery) -> None:
    """On a connection, at one that listens, and where it is the end: nothing need be awaited."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        for _ in range(100):
            with socket.socket() as one:
                one.setblocking(False)
                one.connect_ex(server.getsockname())
                assert shown.is_done()
                other, _ = server.accept()
                with other:
                    other.setblocking(False)
                    one.send(bytes(60_000))
                    assert shown.is_done()
                    assert len(other.recv(60_000)) == 60_000
                    one.close()
                    assert shown.is_done()
                    assert other.recv(1) == b""


def test_a_datagram_that_comes_late_shows_nothing(
    shown: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it take itself for the next one."""
    monkeypatch.setattr(delivery, "LONGEST", 1)
    own = shown._socket
    assert own is not None
    here = own.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        own.connect(elsewhere.getsockname())
        assert not shown.is_done(), "it went elsewhere"
        own.connect(here)
        own.send(bytes(8))
        assert not shown.is_done(), "an earlier one was in its way"
    assert shown.is_done()


def test_without_such_a_socket_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    own = Delivery()
    assert not own.is_done()
    own.close()
