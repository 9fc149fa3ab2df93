"""Clients that mistake something for a pong, or lose count of pongs and their timers."""

from collections.abc import Sequence
from dataclasses import replace

from tests.mutants.clients.behaviour import Answer, Behaviour, Life
from tests.mutants.clients.compliant import PING, PONG, answers, is_ping, is_pong, parse
from tests.mutants.clients.mutant import mutant


@mutant("C-STAY")
def knows_only_the_shortest_pong(client: Behaviour) -> Behaviour:
    """Compares the text of a pong, not its value, and gives up servers that write it otherwise."""
    return replace(
        client,
        parse=lambda message: message,
        is_pong=lambda text: text == PONG,
        answers=lambda life, text: answers(life, parse(str(text))),
    )


@mutant("B-CLIENT-PONG")
def knows_only_the_shortest_ping(client: Behaviour) -> Behaviour:
    """Answers a ping of the server only if it is written without white space."""
    return replace(
        client,
        parse=lambda message: message,
        is_pong=lambda text: is_pong(parse(str(text))),
        answers=lambda life, text: [PONG] if text == PING else [],
    )


@mutant("C-PONG-MISSING")
def takes_any_message_for_a_pong(client: Behaviour) -> Behaviour:
    """Stays with a server that talks and answers no ping."""
    return replace(client, is_pong=lambda value: True)


@mutant("C-PONG-MISSING")
def needs_a_first_pong_to_miss_one(client: Behaviour) -> Behaviour:
    """Waits for ever for the first pong of a connection."""
    return replace(
        client, pong_timeout=lambda life: client.pong_timeout(life) if life.pongs else None
    )


@mutant("C-PONG-MISSING")
def misses_pongs_on_its_first_connection_only(client: Behaviour) -> Behaviour:
    """Waits for ever for every pong after a reconnect."""
    return replace(
        client,
        pong_timeout=lambda life: client.pong_timeout(life) if life.connections == 1 else None,
    )


@mutant("C-PING-ALWAYS")
def counts_its_interval_from_the_pong(client: Behaviour) -> Behaviour:
    """Pings late where pongs are slow."""
    return replace(client, beats_on_pongs=True)


@mutant(
    "C-STAY",
    at_production={
        "C-STAY": "the first pong of the next connection comes before the timer is over",
    },
)
def keeps_its_pong_timer_over_a_reconnect(client: Behaviour) -> Behaviour:
    """Comes back as soon as it may, and gives that up for a pong that the old connection owed."""
    return replace(
        client,
        keeps_pong_timer=True,
        delay=lambda life, ending: (
            client.delay(life, ending) if life.failures else 1.02 * life.timing.reconnect_delay
        ),
    )


@mutant("C-TOLERATE")
def dies_of_a_greeting(client: Behaviour) -> Behaviour:
    """Is not ready for any message before its first ping."""

    def unready(life: Life, value: object) -> Sequence[Answer]:
        if not life.pings:
            raise RuntimeError("There is nobody to give it to.")
        return answers(life, value)

    return replace(client, answers=unready)


@mutant("C-PONG-MISSING")
def saves_pongs_for_later(client: Behaviour) -> Behaviour:
    """Counts pings and pongs, so that a pong too many stands for one that is missing."""
    return replace(
        client,
        pong_timeout=lambda life: None if life.pongs >= life.pings else client.pong_timeout(life),
    )


@mutant("C-RECONNECT")
def takes_a_late_pong_for_a_return(client: Behaviour) -> Behaviour:
    """Stops its reconnect timer when the pong comes all the same, on what it has closed."""
    return replace(client, minds_late_pongs="revives")


@mutant("C-PONG-MISSING")
def counts_a_pong_of_the_connection_before(client: Behaviour) -> Behaviour:
    """Notes when the last pong came, and not on which connection."""
    return replace(client, minds_late_pongs="counts")


@mutant("C-PING-ALWAYS")
def puts_its_ping_off_for_each_pong(client: Behaviour) -> Behaviour:
    """Starts its interval anew with every pong, asked for or not."""
    return replace(client, restarts=lambda message: is_pong(parse(message)))


@mutant("C-PING-ALWAYS")
def puts_its_ping_off_for_a_ping_of_the_server(client: Behaviour) -> Behaviour:
    """Starts its interval anew with every ping that it is sent, which shows that somebody beats."""
    return replace(client, restarts=lambda message: is_ping(parse(message)))


@mutant("C-PING-ALWAYS")
def puts_its_ping_off_for_binary_messages(client: Behaviour) -> Behaviour:
    """Starts its interval anew with every binary message."""
    return replace(client, restarts=lambda message: isinstance(message, bytes))


@mutant("B-CLIENT-PONG")
def answers_pings_once_more_on_each_connection(client: Behaviour) -> Behaviour:
    """Adds what listens to pings again with every connection, and removes it with none."""
    return replace(
        client, answers=lambda life, value: [PONG] * life.connections if is_ping(value) else []
    )
