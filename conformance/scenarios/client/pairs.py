"""Pairs: one thing that befalls a client while it is still at another, and who plays them.

Most clients bear each by itself. What goes wrong in the field goes wrong in the second of two: a
timer that only one path stops, a flag that only one path resets, a loop that has ended unnoticed.
So each pair is played, or it is said here why it need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

First: TypeAlias = Literal[
    "what it cannot use",
    "a pong that is late",
    "a pong for want of which it gave up",
    "an end",
    "a failed attempt",
    "an attempt that waits",
    "an HTTP request that waits",
    "a closing handshake",
    "its own close",
]

Second: TypeAlias = Literal[
    "what it cannot use",
    "a missing pong",
    "an end",
    "a failed attempt",
    "its own close",
]


@dataclass(frozen=True, slots=True)
class Pair:
    """What befalls a client first and then, and the `scenarios` in which it does, or why none."""

    first: First
    second: Second
    scenarios: tuple[str, ...]
    why_not: str = ""


NO_ATTEMPT = "An attempt fails only where a connection has ended before: that is another pair."

NOTHING_SAID = "Nothing is said to a client before its handshake is over, or after a Close."

NO_CONNECTION = "Who has no connection yet cannot lose one."

OVER = "What has been closed is not heard any more; nothing is due of it but to stay away."

PLAYED: Mapping[tuple[First, Second], tuple[str, ...] | str] = {
    ("what it cannot use", "what it cannot use"): (
        "says_what_cannot_be_used",
        "talks_without_a_pause",
    ),
    ("what it cannot use", "a missing pong"): ("talks_but_answers_no_ping",),
    ("what it cannot use", "an end"): ("says_what_cannot_be_used",),
    ("what it cannot use", "a failed attempt"): NO_ATTEMPT,
    ("what it cannot use", "its own close"): ("is_told_to_end_after_what_it_cannot_use",),
    ("a pong that is late", "what it cannot use"): ("talks_but_answers_no_ping",),
    ("a pong that is late", "a missing pong"): ("never_answers_a_ping",),
    ("a pong that is late", "an end"): ("cuts_a_connection_with_a_ping_unanswered",),
    ("a pong that is late", "a failed attempt"): NO_ATTEMPT,
    ("a pong that is late", "its own close"): ("is_told_to_end_with_a_ping_unanswered",),
    ("a pong for want of which it gave up", "what it cannot use"): (
        "answers_on_the_connection_that_was_given_up",
    ),
    ("a pong for want of which it gave up", "a missing pong"): ("never_answers_a_ping",),
    ("a pong for want of which it gave up", "an end"): (
        "closes_after_a_lost_pong",
        "ends_the_old_connection_late",
    ),
    ("a pong for want of which it gave up", "a failed attempt"): (
        "refuses_a_client_that_gave_up",
        "stops_answering_pings",
    ),
    ("a pong for want of which it gave up", "its own close"): (
        "is_told_to_end_after_it_gave_up",
        "is_told_to_end_after_it_gave_up_a_silent_server",
        "is_told_to_end_after_it_came_back_from_giving_up",
    ),
    ("an end", "what it cannot use"): ("says_what_cannot_be_used", "greets_the_client"),
    ("an end", "a missing pong"): ("stops_answering_after_a_reconnect",),
    ("an end", "an end"): (
        "cuts_one_connection_after_another",
        "closes_with_one_code_after_another",
        "closes_with_unusual_codes",
        "accepts_in_other_manners",
        "ends_several_connections_at_once",
    ),
    ("an end", "a failed attempt"): (
        "answers_503",
        "answers_404",
        "answers_with_a_reset",
        "stops_listening_for_a_while",
    ),
    ("an end", "its own close"): (
        "is_told_to_end_while_it_waits",
        "is_told_to_end_after_a_reconnect",
    ),
    ("a failed attempt", "what it cannot use"): ("refuses_the_first_attempts",),
    ("a failed attempt", "a missing pong"): ("refuses_a_client_that_gave_up",),
    ("a failed attempt", "an end"): ("refuses_several_attempts_in_a_row",),
    ("a failed attempt", "a failed attempt"): (
        "refuses_several_attempts_in_a_row",
        "refuses_the_first_attempts",
        "answers_with_no_handshake",
        "refuses_attempts_of_a_client_that_pinged",
    ),
    ("a failed attempt", "its own close"): (
        "is_told_to_end_after_a_refusal",
        "is_told_to_end_after_a_failed_attempt",
        "is_told_to_end_after_its_first_attempt_failed",
        "is_told_to_end_while_nobody_listens",
        "is_told_to_end_after_it_came_back_from_a_refusal",
        "is_told_to_end_after_it_was_refused_at_first",
    ),
    ("an attempt that waits", "what it cannot use"): NOTHING_SAID,
    ("an attempt that waits", "a missing pong"): NOTHING_SAID,
    ("an attempt that waits", "an end"): NO_CONNECTION,
    ("an attempt that waits", "a failed attempt"): (
        "answers_with_a_reset",
        "never_answers_an_attempt",
    ),
    ("an attempt that waits", "its own close"): (
        "is_told_to_end_while_it_connects",
        "is_accepted_after_it_was_told_to_end",
        "is_told_to_end_while_it_first_connects",
        "is_told_to_end_after_it_gave_up_an_attempt",
    ),
    ("an HTTP request that waits", "what it cannot use"): NOTHING_SAID,
    ("an HTTP request that waits", "a missing pong"): NOTHING_SAID,
    ("an HTTP request that waits", "an end"): NO_CONNECTION,
    ("an HTTP request that waits", "a failed attempt"): (
        "The protocol says nothing of what a client fetches before an attempt."
    ),
    ("an HTTP request that waits", "its own close"): (
        "is_told_to_end_while_it_first_fetches",
        "is_told_to_end_while_it_fetches",
    ),
    ("a closing handshake", "what it cannot use"): NOTHING_SAID,
    ("a closing handshake", "a missing pong"): NOTHING_SAID,
    ("a closing handshake", "an end"): ("ends_the_old_connection_late", "closes_and_resets"),
    ("a closing handshake", "a failed attempt"): NO_ATTEMPT,
    ("a closing handshake", "its own close"): (
        "is_told_to_end_while_the_server_closes",
        "is_told_to_end_after_it_gave_up_a_silent_server",
    ),
    ("its own close", "what it cannot use"): OVER,
    ("its own close", "a missing pong"): OVER,
    ("its own close", "an end"): ("is_told_to_end_and_gets_no_answer",),
    ("its own close", "a failed attempt"): "After its own close a client makes none.",
    ("its own close", "its own close"): "It may be started anew, and that is a new life.",
}


def pairs() -> tuple[Pair, ...]:
    """Every pair, whether it is played or not."""
    return tuple(
        _pair(first, second, PLAYED[first, second])
        for first in get_args(First)
        for second in get_args(Second)
    )


def _pair(first: First, second: Second, played: tuple[str, ...] | str) -> Pair:
    if isinstance(played, str):
        return Pair(first, second, (), played)
    return Pair(first, second, played)
