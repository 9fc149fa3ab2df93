"""Traces of a compliant client with one thing altered, and the requirement that is then broken.

A mutation takes a story and returns the requirement that it breaks; None where the story gives no
occasion for it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.traces.client_mutations import heartbeat, keeping, plan_b, reconnect
from tests.traces.client_story import ClientStory

Mutation = Callable[[Random, ClientStory], str | None]

MUTATIONS: tuple[Mutation, ...] = (
    heartbeat.adds_a_member_to_a_ping,
    heartbeat.pings_in_binary,
    heartbeat.never_pings,
    heartbeat.skips_a_ping,
    heartbeat.pings_in_between,
    heartbeat.pings_in_between_after_a_reconnect,
    heartbeat.skips_a_ping_when_pongs_are_slow,
    heartbeat.gives_up_with_another_code,
    heartbeat.gives_up_too_soon,
    heartbeat.gives_up_too_late,
    reconnect.never_comes_back,
    reconnect.dies_with_its_connection,
    reconnect.comes_back_too_soon,
    reconnect.comes_back_late,
    reconnect.waits_beyond_the_cap,
    reconnect.waits_too_long_for_an_answer,
    reconnect.does_not_return_to_the_first_delay,
    reconnect.connects_beside,
    keeping.connects_after_its_own_close,
    keeping.exits_without_a_close,
    keeping.dies_of_a_message,
    keeping.stops_its_heart_after_a_message,
    keeping.leaves_what_is_well,
    keeping.trusts_a_bad_certificate,
    plan_b.does_not_answer_a_ping,
    plan_b.answers_a_ping_twice,
    plan_b.answers_a_pong,
)
