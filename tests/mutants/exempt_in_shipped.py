"""What servers of the matrix do that breaks nothing in a shipped dialect, or cannot be told there.

Each row has its reason, and each exemption is shown to be needed by `test_shipped_dialects`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from tests.mutants.shipped_families import (
    ANSWERING,
    BEATEN,
    CLOCKLESS,
    IN_JSON,
    NEVER_CLOSING,
    OF_TEXT,
    OF_TWO_MEMBERS,
)


@dataclass(frozen=True)
class Exempt:
    """Mutants that are left out in some dialects, and why."""

    reason: str
    tongues: Collection[str]
    mutants: Collection[str]


EXEMPT = (
    Exempt(
        "What else a server says, and how late, is its own affair.",
        ANSWERING,
        (
            "greets_who_connects", "speaks_to_the_silent", "tells_all_of_every_newcomer",
            "echoes_to_all", "echoes_late", "speaks_to_one_after_the_other",
        ),
    ),
    Exempt(
        "The same, where text that is not JSON may be left at that.",
        ("ocpp-1.6",),
        ("answers_bad_json_with_an_error", "echoes_bad_json_as_a_string"),
    ),
    Exempt(
        "The same of what it says of a pong.",
        ("graphql-transport-ws", "pusher-7", "trpc-keepalive", *BEATEN),
        ("echoes_a_pong", "echoes_every_third_pong", "echoes_a_pong_with_further_members"),
    ),
    Exempt(
        "Nobody is closed for silence, so that no such Close waits for its answer.",
        ANSWERING,
        (
            "says_farewell_after_its_close", "answers_pings_behind_its_close",
            "drops_pongs_while_a_close_is_unanswered",
            "says_nothing_while_a_close_waits_for_its_answer",
            "answers_nobody_who_comes_while_a_close_waits_for_its_answer",
        ),
    ),
    Exempt(
        "No client pings: no message of one is to be answered, behind a Close or before it.",
        BEATEN,
        ("answers_pings_behind_its_close",),
    ),
    Exempt(
        "Ends without a Close that come together, and too early, are left in doubt: nothing says "
        "that they are for silence.",
        ("trpc-keepalive",),
        ("closes_half_of_its_connections_early",),
    ),
    Exempt(
        "Nobody is closed for silence: of the check nothing shows, nor of whose time it goes by.",
        CLOCKLESS,
        (
            "checks_no_more_after_a_crowd_was_reset", "closes_everybody_with_one_that_is_due",
            "restarts_every_clock_with_any_ping", "keeps_beats_by_address",
        ),
    ),
    Exempt(
        "Without waits there are 26 handshakes that are given up, and 15 too many take 300 of 400 "
        "places.",
        CLOCKLESS,
        ("gives_no_place_back_after_an_aborted_handshake",),
    ),
    Exempt(
        "Its own ends are resets to it, and take everybody along before wsbeat has reset anything.",
        ("trpc-keepalive",),
        (
            "drops_everybody_when_one_is_reset", "fails_everybody_when_one_is_reset",
            "loses_one_of_three_processes_when_one_is_reset",
        ),
    ),
    Exempt(
        "A ping is one text: there is no other spelling of it, and nothing in it.",
        OF_TEXT,
        (
            "knows_a_ping_by_its_usual_spelling_alone", "echoes_a_ping_with_further_members",
            "echoes_a_ping_with_escapes", "echoes_a_ping_of_more_than_a_kib",
            "takes_an_array_of_a_ping_for_one", "takes_an_event_called_ping_for_one",
            "times_out_on_a_ping_with_further_members",
        ),
    ),
    Exempt(
        "What is said are its own words, one of them damaged; not words of another dialect.",
        IN_JSON,
        ("takes_an_event_called_ping_for_one",),
    ),
    Exempt(
        "A ping has its members, and no others.",
        OF_TWO_MEMBERS,
        (
            "echoes_a_ping_with_further_members", "times_out_on_a_ping_with_further_members",
            "echoes_a_ping_of_more_than_a_kib", "copies_the_nonce_of_a_ping",
        ),
    ),
    Exempt(
        "Pings of more than a KiB are only said where a clock runs.",
        ("graphql-transport-ws", "pusher-7"),
        ("echoes_a_ping_of_more_than_a_kib",),
    ),
    Exempt(
        "A pong may have further members.",
        ("graphql-transport-ws", "json-type", "pusher-7"),
        ("adds_the_time_to_the_pong", "numbers_the_pongs", "copies_the_nonce_of_a_ping"),
    ),
    Exempt(
        "The same; what it makes of many frames, or large texts, breaks more than one sentence.",
        ("trpc-keepalive",),
        (
            "restarts_the_clock_with_pings_of_the_usual_spelling", "overlooks_a_ping_in_frames",
            "overlooks_a_ping_of_64_kib", "overlooks_a_ping_right_behind_a_large_text",
        ),
    ),
    Exempt(
        "A silent connection ends without a Close, which has no code and no reason.",
        ("trpc-keepalive",),
        (
            "answers_every_close_with_the_reason_of_the_heartbeat",
            "takes_whoever_leaves_for_timed_out", "blames_the_heartbeat_for_binary",
            "hangs_up_on_the_silent",
        ),
    ),
    Exempt(
        "Nor does it say what it is for: the silence, another's end, or a message just before it.",
        ("trpc-keepalive",),
        (
            "drops_everybody_when_one_leaves", "drops_everybody_when_one_closes",
            "overlooks_binary_though_it_declares_any_message",
            "overlooks_empty_text_though_it_declares_any_message",
        ),
    ),
    Exempt(
        "Any message is a sign of life, large ones and pongs as well: more than one sentence tells "
        "what begins the clock, and none what keeps it from running out.",
        ("trpc-keepalive",),
        (
            "starts_the_clock_with_the_first_ping", "gives_the_first_ping_half_the_time",
            "keeps_whoever_answers_its_control_pings", "restarts_the_clock_with_whatever_comes",
            "never_closes_who_sent_a_large_text",
        ),
    ),
    Exempt(
        "An array of commands, or of calls, is several.",
        ("home-assistant", "json-rpc"),
        ("takes_an_array_of_a_ping_for_one",),
    ),
    Exempt(
        "What clients may offer besides is not said in other dialects.",
        ("graphql-transport-ws", "home-assistant", "pusher-7", *BEATEN),
        (
            "selects_a_subprotocol_nobody_offered", "selects_the_first_subprotocol_offered",
            "refuses_a_subprotocol_it_does_not_know", "closes_at_once_who_offers_no_subprotocol",
            "refuses_several_subprotocols",
        ),
    ),
    Exempt(
        "Its clients offer the one that it has.",
        ("graphql-transport-ws",),
        ("refuses_who_offers_no_subprotocol",),
    ),
    Exempt(
        "It may end the connection so.",
        ("phoenix-2",),
        (
            "closes_on_bad_json", "restarts_over_bad_json", "times_out_on_bad_json",
            "closes_on_binary_with_1011", "closes_on_binary_with_1002", "dies_of_binary",
        ),
    ),
    Exempt(
        "It may end the connection so; that it does so late holds up what comes behind.",
        ("phoenix-2",),
        ("dies_of_binary_sooner_or_later",),
    ),
    Exempt(
        "It may drop the connection, and what becomes of others then shows where a clock runs.",
        ("phoenix-2",),
        ("drops_everybody_over_binary", "loses_one_of_three_processes_over_binary"),
    ),
    Exempt(
        "Which number such a pong would carry, cannot be said.",
        ("home-assistant", "ocpp-1.6", "phoenix-2"),
        ("answers_bad_json_with_a_pong",),
    ),
    Exempt(
        "A pong for somebody else's ping may come at once after what is nearly a ping.",
        ("home-assistant", "json-rpc", "ocpp-1.6", "phoenix-2"),
        ("sends_every_pong_to_all",),
    ),
    Exempt(
        "A pong of the client is an object, too, and gets one; and pongs without ids are not told "
        "apart.",
        ("graphql-transport-ws", "pusher-7", "trpc-keepalive"),
        ("takes_every_object_for_a_ping",),
    ),
    Exempt(
        "A pong may come unasked: a second one breaks nothing.",
        ("graphql-transport-ws",),
        (
            "answers_every_ping_twice", "pongs_again_after_fifty_milliseconds",
            "pongs_again_within_the_deadline",
        ),
    ),
    Exempt(
        "Pongs have no ids: one that comes again may be for what is nearly a ping, said meanwhile.",
        ("json-type", "pusher-7", *OF_TEXT),
        ("pongs_again_within_the_deadline",),
    ),
    Exempt(
        "What is compressed first is the prelude: without it no second connection comes about.",
        ("graphql-transport-ws", "home-assistant", "pusher-7"),
        ("compresses_for_all_with_one_compressor",),
    ),
    Exempt(
        "Any traffic counts, dense talk as well.",
        ("trpc-keepalive",),
        (
            "waits_a_moment_for_the_next_message_though_none_is_left",
            "spares_who_talks_just_then",
        ),
    ),
    Exempt(
        "Pongs have no ids: one that answers a pong may be late, or for what came before that.",
        ("graphql-transport-ws", "pusher-7"),
        ("answers_a_pong_with_a_pong",),
    ),
    Exempt(
        "What is compressed first is of the prelude, which does not come about then: S-ACCEPT.",
        ("graphql-transport-ws", "home-assistant"),
        ("takes_the_offer_of_compression_and_reads_nothing_compressed",),
    ),
    Exempt(
        "It closes nobody: silence ends nothing, and what is no message is borne, or ends TCP.",
        (*NEVER_CLOSING, "trpc-keepalive"),
        ("keeps_the_connections_that_it_closed",),
    ),
    Exempt(
        "JSON that it does not know ends a connection as what is not JSON does.",
        ("graphql-transport-ws",),
        ("takes_nan_for_null", "forgives_a_semicolon"),
    ),
    Exempt(
        "Nothing is said in several frames, or so large that it would have to be cut.",
        BEATEN,
        (
            "answers_no_control_ping_amid_a_message",
            "closes_nobody_while_one_reads_nothing",
            "closes_nobody_while_the_queue_of_one_is_full",
        ),
    ),
    Exempt(
        "Where pongs are signs of life, B-TIMEOUT tells of that as well.",
        BEATEN,
        ("checks_no_more_after_a_crowd_was_reset",),
    ),
    Exempt(
        "A pong is one text, and of another one nothing is said.",
        BEATEN,
        (
            "restarts_the_clock_with_whatever_mentions_pong",
            "restarts_the_clock_with_pongs_of_the_usual_spelling",
        ),
    ),
    Exempt(
        "No client pings there, and a Close may give any reason.",
        BEATEN,
        ("restarts_the_clock_with_pings_and_pongs", "speaks_of_a_pong_timeout"),
    ),
    Exempt(
        "A Close without a word on why is not told from the end of a crowd that came in turn.",
        BEATEN,
        ("closes_after_half_the_timeout_without_pongs",),
    ),
    Exempt(
        "Nothing so large is said that it would be closed for its size.",
        (*BEATEN, *ANSWERING),
        ("dies_behind_a_close_for_size",),
    ),
    Exempt(
        "Nobody pings and talks hundreds of times in other dialects: applications limit that.",
        ("trpc-keepalive",),
        ("tires_of_a_client_after_a_hundred_pings", "counts_the_pings_of_a_client_in_a_byte"),
    ),
    Exempt(
        "There are few connections: by chance none of those that are looked at is in such a group.",
        ("trpc-keepalive",),
        ("ends_four_that_share_a_thread_when_one_is_reset",),
    ),
    Exempt(
        "For longer than clients may be silent it reads nothing of those who wait: they are ended "
        "before any pong could be late.",
        ("trpc-keepalive",),
        ("holds_one_lock_for_seconds_now_and_then",),
    ),
    Exempt(
        "An end without a Close that comes with those of others that are due is one of them.",
        ("trpc-keepalive",),
        ("overlooks_a_ping_that_comes_late",),
    ),
)  # fmt: skip


@cache
def exempted(tongue: str) -> frozenset[str]:
    """The mutants that are left out in a dialect."""
    return frozenset(name for row in EXEMPT if tongue in row.tongues for name in row.mutants)
