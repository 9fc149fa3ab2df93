"""Servers that call whatever goes wrong a heartbeat timeout."""

from collections.abc import Callable
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Close, Conversation, Reaction
from tests.mutants.compliant import REASON, echo, is_ping
from tests.mutants.mutant import mutant

NO_SILENCE = {"S-TIMEOUT-CODE": "the reason of the heartbeat is given for what is no silence"}
TIMED_OUT = Close(1000, REASON)
LARGE = 2**15


@mutant("S-PING-FORM", also=NO_SILENCE)
def times_out_on_a_ping_with_further_members(server: Behaviour) -> Behaviour:
    """A ping with further members ends the connection as silence would."""
    further = [False]

    def noted(value: object, text: str) -> bool:
        further[0] = isinstance(value, dict) and len(value) > 1 and len(text) < LARGE
        return is_ping(value, text)

    def pong(talk: Conversation) -> Reaction:
        return [TIMED_OUT] if further[0] else server.pong(talk)

    return replace(server, is_ping=noted, pong=pong)


@mutant("S-ECHO", also=NO_SILENCE)
def times_out_on_an_array(server: Behaviour) -> Behaviour:
    """An array ends the connection as silence would."""
    return _echoing(server, lambda data: isinstance(data, list))


@mutant("S-SIZE", also=NO_SILENCE)
def times_out_on_a_large_text(server: Behaviour) -> Behaviour:
    """A business message of 64 KiB ends the connection as silence would."""
    return _echoing(server, lambda data: len(str(data)) > LARGE)


@mutant("S-IGNORE-NOT-JSON", also=NO_SILENCE)
def times_out_on_bad_json(server: Behaviour) -> Behaviour:
    """Text that is not JSON ends the connection as silence would."""
    return replace(server, not_json=lambda text: [TIMED_OUT])


def _echoing(server: Behaviour, unless: Callable[[object], bool]) -> Behaviour:
    return replace(
        server, echo=lambda talk, data: [TIMED_OUT] if unless(data) else echo(talk, data)
    )
