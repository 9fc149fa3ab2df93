"""A datagram that follows what was sent shows that it has arrived."""

from __future__ import annotations

import select
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
    """On a connection, at one that listens, and where it is the end: nothing need be awaited.

    A busy system may put a datagram off, which then shows nothing.
    """
    seen = 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(100):
            with socket.socket() as one:
                one.connect(server.getsockname())
                seen += has_arrived(shown, server)
                other, _ = server.accept()
                with other:
                    one.send(bytes(60_000))
                    seen += has_arrived(shown, other)
                    assert len(other.recv(60_000)) == 60_000
                    one.close()
                    seen += has_arrived(shown, other)
                    assert other.recv(1) == b""
    assert seen


def has_arrived(shown: Delivery, at: socket.socket) -> bool:
    """Whether it is shown that something has come; then it has. It comes in any case."""
    is_done = shown.is_done()
    wait = None if not is_done else 0
    assert select.select([at], [], [], wait)[0], "it is shown to have come, and has not"
    return is_done


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


def test_where_datagrams_are_lost_no_more_are_sent(
    shown: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that does not come would be waited for: from then on a moment is waited instead."""
    monkeypatch.setattr(delivery, "LONGEST", 1)
    own = shown._socket
    assert own is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        own.connect(elsewhere.getsockname())
        for _ in range(delivery.MISSED):
            assert not shown.is_done()
    assert shown._socket is None
    assert not shown.is_done()


def test_without_such_a_socket_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    own = Delivery()
    assert not own.is_done()
    own.close()


def test_what_another_processor_sent_is_told_once() -> None:
    """Somebody who was moved there and back has been elsewhere, too."""
    numbers = iter([0, 0, 0, 1, 0, 0])
    own = Delivery(lambda: next(numbers))
    assert own.has_moved(), "nobody knows where it was before"
    own.look()
    assert not own.has_moved()
    own.look()
    assert own.has_moved()
    assert not own.has_moved()
    own.close()


def test_where_nothing_tells_the_processor_it_may_be_another() -> None:
    own = Delivery(None)
    assert own.has_moved()
    assert own.has_moved()
    own.close()
