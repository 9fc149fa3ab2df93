"""Servers whose heartbeat clock is restarted by what is no ping."""

import re
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Conversation, Traffic, now
from tests.mutants.compliant import PONG, deadline
from tests.mutants.mutant import mutant
from tests.mutants.servers.liveness import restarted_by, restarted_by_text

NEARLY_A_PING = re.compile("type.*:.*ping")
OFTEN, MOMENT, JUST_THEN = 0.2, 0.05, 0.03  # seconds


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_business(server: Behaviour) -> Behaviour:
    """Business messages count as signs of life."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "business"))


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_business_until_the_first_ping(server: Behaviour) -> Behaviour:
    """Who has not pinged yet is alive as long as he says anything."""

    def restarts(talk: Conversation, traffic: Traffic) -> bool:
        return traffic == "ping" or (traffic == "business" and not talk.pings)

    return restarted_by(server, restarts)


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_text_that_is_not_json(server: Behaviour) -> Behaviour:
    """Text that is not JSON counts as a sign of life."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "not JSON"))


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_binary(server: Behaviour) -> Behaviour:
    """Binary messages count as signs of life."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "binary"))


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_control_pings(server: Behaviour) -> Behaviour:
    """Control Pings count as signs of life."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "control"))


@mutant("S-ONLY-PINGS", manners=("queue", "no echo"))
def waits_a_moment_for_the_next_message_though_none_is_left(server: Behaviour) -> Behaviour:
    """It waits for as long as is left until the close, and for 50 ms at the least."""
    return replace(server, deadline=lambda talk: max(deadline(talk) or 0.0, talk.spoken + MOMENT))


@mutant("S-ONLY-PINGS")
def spares_who_talks_just_then(server: Behaviour) -> Behaviour:
    """Who has said anything in the last 30 ms when the close is due is not closed any more."""
    return replace(
        server,
        timeout=lambda talk: [] if now() - talk.spoken < JUST_THEN else server.timeout(talk),
    )


@mutant("S-ONLY-PINGS", declares="inbound_liveness")
def restarts_the_clock_with_pings_though_it_declares_more(server: Behaviour) -> Behaviour:
    """Nothing but pings counts, though any message is declared to."""
    return restarted_by(server, lambda _, traffic: traffic == "ping")


@mutant("S-ONLY-PINGS", declares="inbound_liveness")
def overlooks_binary_though_it_declares_any_message(server: Behaviour) -> Behaviour:
    """Binary messages do not restart the clock, though any message is declared to."""
    return restarted_by(server, lambda _, traffic: traffic not in ("binary", "control"))


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_a_pong_of_the_client(server: Behaviour) -> Behaviour:
    """A pong counts as a sign of life, though no ping asked for it."""
    return restarted_by_text(
        server,
        lambda traffic, text: traffic == "ping" or (traffic == "business" and text == PONG),
    )


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_arrays(server: Behaviour) -> Behaviour:
    """An array counts as a sign of life, other business messages do not."""
    return restarted_by_text(
        server,
        lambda traffic, text: traffic == "ping" or (traffic == "business" and text.startswith("[")),
    )


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_empty_text(server: Behaviour) -> Behaviour:
    """An empty text counts as a sign of life, as a heartbeat that carries nothing."""
    return restarted_by_text(
        server,
        lambda traffic, text: traffic == "ping" or (traffic == "not JSON" and not text),
    )


@mutant("S-ONLY-PINGS", declares="inbound_liveness")
def overlooks_empty_text_though_it_declares_any_message(server: Behaviour) -> Behaviour:
    """An empty text does not restart the clock, though any message is declared to."""
    return restarted_by_text(
        server,
        lambda traffic, text: traffic != "control" and (traffic != "not JSON" or bool(text)),
    )


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_control_pongs(server: Behaviour) -> Behaviour:
    """Control Pongs count as signs of life, asked for or not."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "control pong"))


@mutant(
    "S-ONLY-PINGS",
    also={"S-TIMEOUT-LATEST": "whatever answers its control Pings is kept, whatever is beside it"},
    at_production={
        "S-ONLY-PINGS": "it is seen once, and not measured again beside what fails",
    },
)
def keeps_whoever_answers_its_control_pings(server: Behaviour) -> Behaviour:
    """The server sends control Pings of its own, and their Pongs count as signs of life."""
    return replace(restarts_the_clock_with_control_pongs.change(server), keepalive=OFTEN)


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_fragments(server: Behaviour) -> Behaviour:
    """Every frame of a message counts as a sign of life, though the message does not end."""
    return restarted_by(server, lambda _, traffic: traffic in ("ping", "fragment"))


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_whatever_comes(server: Behaviour) -> Behaviour:
    """Every frame counts as a sign of life."""
    return restarted_by(server, lambda *_: True)


@mutant("S-ONLY-PINGS")
def restarts_the_clock_with_what_is_nearly_a_ping(server: Behaviour) -> Behaviour:
    """Text that is no JSON is not answered, but counts as a sign of life if it speaks of a ping."""
    return restarted_by_text(
        server,
        lambda traffic, text: (
            traffic == "ping" or (traffic == "not JSON" and bool(NEARLY_A_PING.search(text)))
        ),
    )
