"""Servers that part from a client in the wrong way."""

from collections.abc import Callable
from dataclasses import replace

from websockets.frames import Frame, Opcode

from tests.mutants.behaviour import Behaviour
from tests.mutants.compliant import PONG, REASON, echo_text
from tests.mutants.mutant import mutant

NORMAL, GOING_AWAY, TOO_BIG, RESTART, APPLICATION = (
    code.to_bytes(2, "big") for code in (1000, 1001, 1009, 1012, 3000)
)


NO_CODE = (1005).to_bytes(2, "big")


@mutant("S-CONTROL")
def answers_every_close_as_if_it_restarted(server: Behaviour) -> Behaviour:
    """The Close of a client is answered with 1012, whatever its code."""
    return _answering(server, lambda data: RESTART)


@mutant("S-CONTROL")
def goes_away_from_whoever_leaves_with_a_code_of_its_own(server: Behaviour) -> Behaviour:
    """A Close with a code of 3000 or above is answered with 1001."""
    return _answering(server, lambda data: GOING_AWAY if data[:2] >= APPLICATION else data)


@mutant("S-CONTROL")
def answers_an_empty_close_with_the_code_that_stands_for_none(server: Behaviour) -> Behaviour:
    """A Close without a code is answered with 1005, which is on no wire (RFC 6455, 7.4.1)."""
    return _answering(server, lambda data: data or NO_CODE)


@mutant("S-CONTROL")
def cuts_the_reason_of_its_answer_in_a_character(server: Behaviour) -> Behaviour:
    """The Close of a client is answered with a reason, cut off where no character ends."""
    return _answering(server, lambda data: (data[:2] or NORMAL) + "tsch\u00fc\u00df".encode()[:-1])


@mutant("S-TIMEOUT-CODE")
def answers_every_close_with_the_reason_of_the_heartbeat(server: Behaviour) -> Behaviour:
    """The Close of a client comes back with its code, and with a reason that nobody gave."""
    return _answering(server, lambda data: (data[:2] or NORMAL) + REASON.encode())


@mutant("S-TIMEOUT-CODE")
def takes_whoever_leaves_for_timed_out(server: Behaviour) -> Behaviour:
    """The Close of a client is answered with the heartbeat close."""
    return _answering(server, lambda data: NORMAL + REASON.encode())


@mutant("S-CONTROL")
def closes_twice(server: Behaviour) -> Behaviour:
    """The answer to a Close is followed by a Close of the server's own."""
    return replace(
        server, behind=lambda frame: [Frame(Opcode.CLOSE, NORMAL)] if _is_answer(frame) else []
    )


@mutant("S-CONTROL")
def says_farewell_after_its_close(server: Behaviour) -> Behaviour:
    """The heartbeat close is followed by a message."""
    farewell = Frame(Opcode.TEXT, echo_text("farewell").encode())
    return replace(
        server,
        behind=lambda frame: (
            [farewell] if frame.opcode is Opcode.CLOSE and not _is_answer(frame) else []
        ),
    )


@mutant("S-CONTROL")
def answers_pings_behind_its_close(server: Behaviour) -> Behaviour:
    """A message that comes while the heartbeat close is unanswered gets its pong."""
    pong = Frame(Opcode.TEXT, PONG.encode())
    return replace(server, late=lambda frame: [pong] if frame.opcode is Opcode.TEXT else [])


def _answering(server: Behaviour, with_data: Callable[[bytes], bytes]) -> Behaviour:
    """Change what the Close of a client is answered with."""
    return replace(
        server, answer=lambda answer: replace(answer, data=with_data(bytes(answer.data)))
    )


def _is_answer(frame: Frame) -> bool:
    """Whether a frame answers the Close of a client, which may be any but those of the server."""
    data = bytes(frame.data)
    is_own = data == NORMAL + REASON.encode() or data.startswith(TOO_BIG)
    return frame.opcode is Opcode.CLOSE and not is_own
