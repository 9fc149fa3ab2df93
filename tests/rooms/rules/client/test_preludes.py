"""What a client has to say before its heartbeats count, in dialects that have a prelude."""

from __future__ import annotations

import pytest

from spec.dialect.made import made
from tests.rooms.rules.client.blame import OPENS
from tests.rooms.rules.client.test_dialects import BEATS, NUMBERED, blamed, seen
from tests.traces.notation import violations

GREETED = [
    {"by": "client", "text": "hello", "optional": True},
    {"by": "server", "text": "who?"},
    {"by": "client", "text": "login ${id}"},
    {"by": "server", "text": "ok"},
    {"by": "client", "text": "subscribe"},
]


@pytest.mark.parametrize(
    ("said", "owed"),
    [
        ("0.13 said_first who?\n", "login ${id}"),
        ("0.13 heard_first hello\n0.14 said_first who?\n", "login ${id}"),
        ("0.13 said_first who?\n0.14 heard_first login 1\n0.15 said_first ok\n", "subscribe"),
        (
            "0.13 heard_first hello\n0.14 said_first who?\n0.15 heard_first login 1\n"
            "0.16 said_first ok\n",
            "subscribe",
        ),
    ],
)
def test_a_client_is_told_what_it_has_to_say_next_in_a_prelude(said: str, owed: str) -> None:
    """What it may leave out counts for nothing, whether it said it or not."""
    dialect = made({**NUMBERED, "prelude": GREETED})
    [found] = violations(seen(dialect, OPENS, said, "2.9 silent", "#0 2.9 silent"))["C-STAY"]
    assert found.expected == owed


def test_who_opens_one_connection_too_many_and_says_nothing_on_it_is_told_of_that_alone() -> None:
    """It is no second fault that the one too many does not go through the prelude."""
    login = {"by": "client", "text": '{"login":1}'}
    dialect = made({**NUMBERED, "prelude": [login]})
    first = """
        0.13 < first {"login":1}
        0.13 ready
    """
    too_many = """
        #2 0.20 opening
        #2 0.21 requested GET / HTTP/1.1
        #2 0.22 opened
    """
    rest = """
        #2 1.70 silent
        1.70 silent
    """
    assert blamed(dialect, OPENS, first, too_many, BEATS, rest) == {"C-RECONNECT-SINGLE"}
