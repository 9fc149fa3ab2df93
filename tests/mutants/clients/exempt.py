"""What clients of the matrix do that has no sense in a dialect, or is right there.

That each exemption is needed is shown by `test_client_dialects`.
"""

from __future__ import annotations

NOT_SEEN = {
    "statuses of a refusal": (
        "takes_a_lack_of_rights_for_final", "takes_404_for_final",
    ),
    "the size of messages": ("closes_on_a_large_text",),
    "several pings at once": ("answers_one_of_several_pings_at_once",),
    "pings of a server whose clients ping": ("puts_its_ping_off_for_a_ping_of_the_server",),
}  # fmt: skip
"""What dialects say nothing of: who breaks it breaks nothing of theirs."""

ONE_TEXT = {
    # A pong is one text, and a ping with something beside it is none.
    "knows_only_the_shortest_pong", "numbers_every_other_ping",
}  # fmt: skip

MAY_END_SO = "gives_up_with_1000"
"""It is right where 1000 is one of the codes with which a connection may be given up."""

OF_TEXT = {
    "goes_deaf_at_text_that_is_not_json", "dies_of_text_that_is_not_json",
    "hangs_on_text_that_is_not_json",
}  # fmt: skip

OF_JSON = {
    "goes_deaf_at_an_object_without_a_type", "dies_of_an_array", "dies_of_null", "dies_of_an_echo",
}  # fmt: skip

OF_BINARY = {
    "goes_deaf_at_a_binary_message", "dies_of_a_binary_message", "closes_on_a_binary_message",
}  # fmt: skip

UNSEEN_FAILURES = {"keeps_the_limit_on_an_attempt_that_was_reset"}
"""When a client comes back is left open: no attempt of it is made to fail."""

SAID_FIRST = {"closes_only_when_its_queue_is_done"}
"""What it says first of all stands in the place of what it has to."""

LEFT_OPEN = {
    *UNSEEN_FAILURES,
    # How a client gives up is left open: nothing is done to one that has.
    "keeps_the_timer_of_giving_up", "hangs_up_once_it_had_given_up",
    # A ping has an `id`, or is an array: with something more in it, it is none, or still right.
    "numbers_every_other_ping",
}  # fmt: skip

NEVER_GIVES_UP = {
    "stays_away_when_it_has_given_up", "keeps_the_timer_of_giving_up",
    "hangs_up_once_it_had_given_up",
    "does_not_come_back_once_it_had_given_up", "takes_a_refusal_for_final_once_it_had_given_up",
    "comes_back_again_when_the_old_connection_ends", "knows_only_the_shortest_pong",
    "keeps_its_pong_timer_over_a_reconnect",
}  # fmt: skip

BY_PONGS = {
    "pings_in_answer_to_pongs", "counts_its_interval_from_the_pong",
    "puts_its_ping_off_for_each_pong",
}  # fmt: skip

HEARS_NOTHING = {"goes_deaf_at_its_first_message"}
"""Where its pings wait for pongs, or a server pings, those go missing that it does not answer."""

GREETED = {"dies_of_a_greeting"}
"""Every server greets there."""

BY_FRAMES = {"takes_each_frame_for_a_message"}
"""It misses pings of the server where it has to answer these, and nothing where one is a byte."""

OF_CHARACTERS = {"decodes_frames_before_it_joins_them"}
"""Nothing that a client has to bear there has other letters than ASCII."""

ONLY: dict[str, set[str]] = {
    # No pong ever comes: nothing tells what a client hears.
    "one-way": {
        *NEVER_GIVES_UP, *BY_PONGS, *HEARS_NOTHING, *BY_FRAMES,
        "throws_away_what_comes_with_a_101", "takes_a_late_pong_for_a_return",
    },
    # What a client has to bear are pongs alone; an id is in every ping.
    "home-assistant": {
        *SAID_FIRST,
        *NEVER_GIVES_UP, *OF_TEXT, *OF_JSON, *OF_BINARY, *GREETED, "numbers_every_other_ping",
        *BY_FRAMES, *OF_CHARACTERS,
        "throws_away_what_comes_with_a_101", "dies_of_json_that_is_nested_deep",
        "takes_a_late_pong_for_a_return",
        "dies_of_nan",
        # That is what it is greeted with.
        "dies_of_an_unknown_type",
    },
    # The next ping waits for the pong, and a client has to bear nothing.
    "graphql-transport-ws": {
        *HEARS_NOTHING, *SAID_FIRST, "waits_to_be_told_that_its_session_goes_on",
        *BY_FRAMES,
        *NEVER_GIVES_UP, "adds_the_time_to_its_pings",
        "numbers_every_other_ping", "adds_a_member_to_its_pongs",
        # After these it is not to come back.
        "takes_a_private_401_for_final", "takes_a_breach_of_the_protocol_for_final",
        "gives_up_on_a_fault_of_the_server", "takes_a_policy_for_final",
        # Where its last ping gets no pong (`is_told_to_end_and_gets_no_answer`), no other is due:
        # it lingers in silence, which is C-CLOSE-ON-EXIT's, and elsewhere it pings on.
        "goes_on_pinging_when_asked_to_end",
        # Pongs have no ids: whether one answers a ping or a pong that is near, is not to be told.
        "answers_pings_once_more_on_each_connection",
    },
    # Whatever comes is a sign of life, and puts the next ping off; members of a ping are free.
    "pusher-7": {
        *HEARS_NOTHING,
        *OF_CHARACTERS,
        *OF_TEXT, *OF_JSON, *OF_BINARY, *GREETED, "takes_any_message_for_a_pong", MAY_END_SO,
        "throws_away_what_comes_with_a_101", "dies_of_json_that_is_nested_deep",
        "dies_of_nan", "dies_of_an_unknown_type",
        "adds_the_time_to_its_pings", "numbers_every_other_ping", "adds_a_member_to_its_pongs",
        # After these it is not to come back, or need not.
        "takes_a_private_401_for_final", "takes_a_private_code_for_a_verdict",
    },
    "json-rpc": LEFT_OPEN,
    "ocpp-1.6": LEFT_OPEN,
    # The client does not ping, so that nothing shows which it would go on with, or wait for. What
    # gets lost with a 101 are pings of the server, too (B-CLIENT-PONG).
    "asking": {
        "throws_away_what_comes_with_a_101", "takes_a_late_pong_for_a_return",
        *BY_FRAMES,
        *HEARS_NOTHING,
        "goes_on_pinging_when_asked_to_end", "comes_back_from_its_own_close_for_want_of_a_pong",
        "keeps_the_timer_of_giving_up", "hangs_up_once_it_had_given_up",
        "does_not_come_back_once_it_had_given_up", "comes_back_again_when_the_old_connection_ends",
        "stays_away_when_it_has_given_up", "takes_a_refusal_for_final_once_it_had_given_up",
        "knows_only_the_shortest_pong",
        "keeps_its_pong_timer_over_a_reconnect", *GREETED,
    },
    # The same, and a client has to bear nothing.
    "socket.io-5": {
        *HEARS_NOTHING, *SAID_FIRST,
        *BY_FRAMES,
        "goes_on_pinging_when_asked_to_end", "takes_a_late_pong_for_a_return",
        *NEVER_GIVES_UP,
        "comes_back_from_its_own_close_for_want_of_a_pong",
        # A ping is one text.
        "knows_only_the_shortest_ping",
    },
    # The same, and when it comes back is left open.
    "engine.io-4": {
        *BY_FRAMES, *UNSEEN_FAILURES,
        "goes_on_pinging_when_asked_to_end",
        "comes_back_from_its_own_close_for_want_of_a_pong",
        "keeps_the_timer_of_giving_up", "hangs_up_once_it_had_given_up",
        "knows_only_the_shortest_pong", "keeps_its_pong_timer_over_a_reconnect",
        "knows_only_the_shortest_ping",
    },
    # The next ping waits for the pong; a client has to bear nothing, so that nothing else is said.
    "phoenix-2": {
        *HEARS_NOTHING,
        *BY_PONGS, MAY_END_SO, "numbers_every_other_ping", "takes_any_message_for_a_pong",
        "saves_pongs_for_later", "pings_only_when_nothing_came",
        "pings_at_a_tick_if_nothing_came_since_the_last", "puts_its_ping_off_for_binary_messages",
        "pings_in_answer_to_what_it_does_not_know", "pings_twice_as_often_while_somebody_speaks",
    },
    # Pings of the server come all the time: who puts its own off for them, never keeps time.
    "mutual": {
        *HEARS_NOTHING,
        "pings_only_when_nothing_came", "pings_at_a_tick_if_nothing_came_since_the_last",
        "pings_twice_as_often_while_somebody_speaks",
        # They come beside what it does not know, too: which of them it answers, is not to be told.
        "pings_in_answer_to_what_it_does_not_know",
    },
    # It is greeted by every server there, with what it has no type for, and after it has connected.
    "introduced": {
        *SAID_FIRST, "waits_to_be_told_that_its_session_goes_on",
        *GREETED, "dies_of_an_unknown_type",
        "pings_at_a_tick_if_nothing_came_since_the_last",
        "pings_in_answer_to_what_it_does_not_know", "pings_twice_as_often_while_somebody_speaks",
        # With a 101 comes the greeting, of which it makes nothing.
        "throws_away_what_comes_with_a_101",
    },
    # The next ping waits for the pong: who does so, is right.
    "after-pong": {
        *HEARS_NOTHING,
        "pings_in_answer_to_pongs", "counts_its_interval_from_the_pong",
        "puts_its_ping_off_for_each_pong",
    },
    "plain-text": {*ONE_TEXT, MAY_END_SO},
    # What a client has to bear is other JSON, and pongs that it did not ask for.
    "json-type": {*OF_TEXT, *OF_BINARY, MAY_END_SO, "puts_its_ping_off_for_binary_messages"},
    # What a client has to bear are pongs alone, and whatever comes puts the next ping off.
    "trpc": {
        *OF_CHARACTERS,
        *ONE_TEXT, *OF_TEXT, *OF_JSON, *OF_BINARY, "dies_of_nan", "takes_any_message_for_a_pong",
        "throws_away_what_comes_with_a_101", "dies_of_json_that_is_nested_deep",
    },
    # The same, and a ping is one text; servers end connections without a Close.
    "trpc-keepalive": {
        *HEARS_NOTHING,
        *OF_CHARACTERS,
        *ONE_TEXT, *OF_TEXT, *OF_JSON, *OF_BINARY, "dies_of_nan", "takes_any_message_for_a_pong",
        "knows_only_the_shortest_ping", "does_not_come_back_once_it_had_given_up",
        "throws_away_what_comes_with_a_101", "dies_of_json_that_is_nested_deep",
    },
}  # fmt: skip
"""What has no sense in a dialect, or is right there."""

LEFT_OUT = frozenset(name for row in NOT_SEEN.values() for name in row)
"""What is left out in every dialect."""
