"""The kill matrix in other dialects: what a server breaks is found there, too, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.run.server.probe import Unreachable
from spec import load_timing
from spec.dialect.made import made
from tests.mutants import matrix, virtual
from tests.mutants.behaviour import Close, Later
from tests.mutants.compliant import PONG
from tests.mutants.in_tongues import InTongues, in_the_gate, makes_sense, name_of
from tests.mutants.matrix import Report
from tests.mutants.mutant import Mutant, find, mutants
from tests.mutants.tongue import BEATEN, NUMBERED, ONE_WAY, TONGUES, introduce

FAST = load_timing("fast")
MOMENT = FAST.reply_deadline / 10

NOT_SEEN = {
    "what else it says": (
        "answers_bad_json_with_an_error", "echoes_bad_json_as_a_string", "answers_binary",
        "greets_who_connects", "speaks_to_the_silent", "tells_all_of_every_newcomer",
        "echoes_to_all", "echoes_late", "speaks_to_one_after_the_other",
    ),
    "the reason of a close": (
        "answers_every_close_with_the_reason_of_the_heartbeat",
        "takes_whoever_leaves_for_timed_out",
        "blames_the_heartbeat_for_binary",
    ),
    "what becomes of large messages": (
        "never_closes_who_sent_a_large_text", "overlooks_a_ping_of_64_kib",
        "overlooks_a_ping_right_behind_a_large_text", "dies_behind_a_close_for_size",
    ),
    "what becomes of hundreds of messages": (
        "tires_of_a_client_after_a_hundred_pings", "counts_the_pings_of_a_client_in_a_byte",
    ),
}  # fmt: skip
"""What these dialects leave to the application: who breaks it breaks nothing of theirs."""

NOT_TRANSLATED = ("answers_bad_json_with_a_pong", "drops_everybody_over_binary")
"""What cannot be said in another dialect word by word: which number such a pong would carry."""

FIRST = ("compliant", "numbers_the_pongs", "closes_with_1001")
"""What every run of the tests tries: the first in all dialects, the others in one."""


ONE_TEXT = {
    # A ping is one text: there is no other spelling of it, and nothing in it.
    "knows_a_ping_by_its_usual_spelling_alone", "echoes_a_ping_with_further_members",
    "echoes_a_ping_with_escapes", "echoes_a_ping_of_more_than_a_kib",
    "takes_an_array_of_a_ping_for_one", "takes_an_event_called_ping_for_one",
    "times_out_on_a_ping_with_further_members",
    "restarts_the_clock_with_pings_of_the_usual_spelling", "overlooks_a_ping_in_frames",
    # One code of two is its own.
    "closes_with_a_code_of_its_own",
}  # fmt: skip

OF_ANY_PONG = {
    # What else a server says is its own affair, and with it the echo of a pong.
    "echoes_a_pong", "echoes_every_third_pong", "echoes_a_pong_with_further_members",
}  # fmt: skip

ONLY: dict[str, set[str]] = {
    "numbered": {
        # A ping has two members, and no others.
        "echoes_a_ping_with_further_members", "times_out_on_a_ping_with_further_members",
        "echoes_a_ping_of_more_than_a_kib", "copies_the_nonce_of_a_ping",
        # What is said are its own words, one of them damaged; not words of another dialect.
        "takes_an_event_called_ping_for_one",
        # No client says a pong there: what a server makes of that, the dialect leaves open.
        "restarts_the_clock_with_a_pong_of_the_client",
        # Echoes are no replies there, and the pongs of these keep their order: whose do not, comes
        # with `test_pongs_in_another_order_than_their_pings_are_found`.
        "answers_pings_before_what_came_earlier", "answers_short_messages_first",
        "lets_others_overtake_a_large_echo", "sends_large_echoes_at_once",
        "lets_small_echoes_wait_for_each_other",
        # A pong for somebody else's ping may come at once after what is nearly a ping.
        "sends_every_pong_to_all",
    },
    "plain": ONE_TEXT | {
        # To the mutant, whatever is said is JSON then.
        "restarts_the_clock_with_text_that_is_not_json", "restarts_the_clock_with_empty_text",
        "restarts_the_clock_with_a_pong_of_the_client", "restarts_the_clock_with_arrays",
        "restarts_the_clock_with_what_is_nearly_a_ping",
        # A pong has no id: one that comes again may be for what is nearly a ping, said meanwhile.
        "pongs_again_within_the_deadline",
    },
    "shared": ONE_TEXT | OF_ANY_PONG | {
        # Any message is a sign of life, and what begins the clock shows in more than one sentence.
        "closes_everybody_with_one_that_is_due", "starts_the_clock_with_the_first_ping",
        "gives_the_first_ping_half_the_time",
        # What is said there is text, and its signs of life are all that comes.
        "overlooks_binary_though_it_declares_any_message",
        "overlooks_empty_text_though_it_declares_any_message",
        "keeps_whoever_answers_its_control_pings", "restarts_the_clock_with_whatever_comes",
        "waits_a_moment_for_the_next_message_though_none_is_left", "spares_who_talks_just_then",
        # A pong has no id, and may be one of both sides.
        "pongs_again_within_the_deadline",
        # What it keeps from saying, or says too often, are its own pings and pongs as well.
        "says_nothing_while_a_close_waits_for_its_answer", "takes_every_object_for_a_ping",
    },
    "beaten": OF_ANY_PONG | {
        # No client pings there: what a server makes of that, the dialect leaves open.
        "restarts_the_clock_with_pings_and_pongs", "answers_pings_behind_its_close",
        # What is said are its own words, and nothing in several frames; nobody asks for large
        # echoes.
        "restarts_the_clock_with_whatever_mentions_pong", "answers_no_control_ping_amid_a_message",
        "closes_nobody_while_one_reads_nothing",
        "closes_nobody_while_the_queue_of_one_is_full",
        # Where pongs are signs of life, B-TIMEOUT tells of these as well, as under Plan B.
        "closes_everybody_with_one_that_is_due", "checks_no_more_after_a_crowd_was_reset",
        # The first to leave is one that is reset.
        "drops_everybody_when_one_leaves",
    },
}  # fmt: skip
ONLY["introduced"] = ONLY["numbered"] | {
    # What clients may offer besides is not said in other dialects.
    "selects_a_subprotocol_nobody_offered", "selects_the_first_subprotocol_offered",
    "refuses_a_subprotocol_it_does_not_know", "closes_at_once_who_offers_no_subprotocol",
    "refuses_several_subprotocols",
    # What is compressed first is its prelude.
    "compresses_for_all_with_one_compressor",
}  # fmt: skip


LEFT_OUT = frozenset({*NOT_TRANSLATED, *(name for row in NOT_SEEN.values() for name in row)})

MATRIX = InTongues(
    (find("compliant"), *mutants()),
    TONGUES,
    applies=lambda tongue, peer: makes_sense(peer, TONGUES[tongue]),
    exempt=lambda tongue, peer: peer.name in LEFT_OUT | ONLY[tongue],
    first=lambda tongue, peer: (
        peer.name in FIRST and (peer.requirement is None or tongue == "numbered")
    ),
    every=2,
)


EVERY = 5
"""Of so many connections, one is not welcomed."""


def checked(peer: Mutant, tongue: str) -> Report:
    """What is found out about a server that speaks a dialect."""
    result = virtual.server_result(peer, (), FAST, echo=False, tongue=TONGUES[tongue])
    return matrix.report_of(result)


@pytest.mark.parametrize(("tongue", "peer"), MATRIX.cases())
def test_in_a_dialect_a_mutant_fails_with_its_own_requirement_and_no_other(
    tongue: str, peer: Mutant
) -> None:
    matrix.demand_a_right_kill(peer, checked(peer, tongue))


@pytest.mark.parametrize(("order", "broken"), [("in order", {"S-ORDER"}), ("by id", set())])
def test_pongs_in_another_order_than_their_pings_are_found(order: str, broken: set[str]) -> None:
    """Every second pong waits a moment, so that the one after it comes before it."""
    in_turn = replace(
        find("compliant"),
        change=lambda server: replace(
            server, pong=lambda talk: [Later(MOMENT * (talk.pings % 2), PONG)]
        ),
    )
    dialect = made({**NUMBERED.document, "order": order})
    spoken = replace(TONGUES["numbered"], dialect=dialect)
    report = matrix.report_of(virtual.server_result(in_turn, (), FAST, echo=False, tongue=spoken))
    assert report.failed == broken, str(report)


@pytest.mark.parametrize("tongue", in_the_gate(TONGUES, "numbered"))
def test_a_server_that_answers_in_another_dialect_fails(tongue: str) -> None:
    """It knows the pings of one, and says the pongs of the protocol."""
    spoken = replace(TONGUES[tongue], say=lambda text, _: text)
    result = virtual.server_result(find("compliant"), (), FAST, echo=False, tongue=spoken)
    report = matrix.report_of(result)
    both = {"S-PONG", "B-SERVER-PING"}
    missing = {"beaten": {"B-SERVER-PING"}, "shared": both}.get(tongue, {"S-PONG"})
    assert report.failed == missing, str(report)


UNANSWERED = {
    "compliant": set[str](),
    "closes_with_1001": {"S-TIMEOUT-CODE"},
    "never_closes": {"S-TIMEOUT-LATEST"},
    "restarts_the_clock_with_the_first_ping_only": {"S-REFRESH"},
    "restarts_the_clock_with_business": {"S-ONLY-PINGS"},
    "starts_the_clock_with_the_first_ping": {"S-CLOCK-START"},
}
"""What servers break whose clients get no answers, and what is found of it."""


@pytest.mark.parametrize("name", in_the_gate(UNANSWERED, "compliant", "never_closes"))
def test_where_pings_are_not_answered_the_clock_is_judged_all_the_same(name: str) -> None:
    peer = find(name)
    silent = replace(peer, change=lambda server: replace(peer.change(server), pong=lambda _: []))
    spoken = replace(TONGUES["numbered"], dialect=ONE_WAY)
    report = matrix.report_of(virtual.server_result(silent, (), FAST, echo=False, tongue=spoken))
    assert report.failed == UNANSWERED[name], str(report)
    assert name != "compliant" or report.outcome == "conformant"


@pytest.mark.parametrize(
    "manner", in_the_gate(("is silent", "closes", "says another number"), "is silent")
)
def test_a_prelude_that_comes_about_now_and_then_is_found(manner: str) -> None:
    served = count()

    async def now_and_then(socket: ServerConnection) -> None:
        if next(served) % EVERY < EVERY - 1:
            await introduce(socket)
            return
        await socket.send('{"event":"hello","as":"7"}')
        await socket.recv()
        match manner:
            case "closes":
                await socket.close(4403, "Forbidden")
            case "says another number":
                await socket.send('{"event":"welcome","n":99}')

    spoken = replace(TONGUES["introduced"], first=now_and_then)
    result = virtual.server_result(
        find("compliant"), (), FAST, echo=False, tongue=spoken, select=("S-ACCEPT", "S-PONG")
    )
    report = matrix.report_of(result)
    assert report.failed == {"S-ACCEPT"}, str(report)


def test_a_server_without_a_prelude_is_not_reached() -> None:
    spoken = replace(TONGUES["introduced"], first=None)
    with pytest.raises(Unreachable, match=r"No heartbeats .* came Close 4008"):
        virtual.server_result(find("compliant"), (), FAST, echo=False, tongue=spoken)


def test_no_pong_is_said_that_nobody_asked_for_where_each_answers_a_ping() -> None:
    """A server may end a connection for one, as Centrifugo does (3501, "bad request")."""
    strict = replace(
        find("compliant"),
        change=lambda server: replace(
            server,
            after_pong=lambda talk: [Close(3501, "")] if talk.pongs > talk.beats else [],
        ),
    )
    dialect = made({**BEATEN.document, "pong": {"text": BEATEN.document["pong"]["text"]}})
    spoken = replace(TONGUES["beaten"], dialect=dialect)
    report = matrix.report_of(virtual.server_result(strict, (), FAST, echo=False, tongue=spoken))
    assert report.outcome == "conformant", str(report)


@pytest.mark.proof
@pytest.mark.parametrize(("tongue", "peer"), MATRIX.exemptions(), ids=name_of)
def test_what_is_left_out_would_not_be_killed_rightly(tongue: str, peer: Mutant) -> None:
    assert matrix.faults(peer, checked(peer, tongue))


def test_what_is_left_out_is_looked_at_somewhere() -> None:
    """An exemption of what does not apply anyway is none, and so is one of what is not there."""
    assert not MATRIX.idle(LEFT_OUT, ONLY)
    assert set(FIRST) - {"compliant"} <= {each.name for each in mutants()}
