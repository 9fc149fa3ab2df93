"""The script of a mutant's first finding shows it of the mutant, and of no compliant peer.

What a client library cannot do, or what the trace does not have, is no matter for a script. The
mutants that need it are named here, with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from conformance.report.standalone.script import NotInAScript
from conformance.trace.trace import Role
from tests.mutants.again import first_finding, in_the_gate, script_of, shows
from tests.mutants.matrix import Subject, in_virtual_time
from tests.mutants.test_again import NOT_SHOWN

pytestmark = pytest.mark.proof

LONGEST = 40

NO_SCRIPT: Mapping[str, str] = {
    "closes_twice": "no WebSocket any more",
    "says_farewell_after_its_close": "no WebSocket any more",
    "answers_pings_behind_its_close": "left unanswered",
    "answers_no_control_ping_amid_a_message": "more than 40 lines",
    "closes_one_connection_after_the_other": "left unanswered",
    "closes_nobody_while_one_reads_nothing": "left unanswered",
    "keeps_the_frames_of_all_connections_in_one_list": "began on another connection",
    "holds_one_lock_for_seconds_now_and_then": "several TCP segments",
    "never_pings_once_nobody_listened": "stop listening",
    "pings_more_often_once_nobody_listened": "stop listening",
    "waits_for_a_listener_all_the_same": "stop listening",
    "takes_a_port_at_which_nobody_listens_for_wrong": "stop listening",
    "gives_up_one_attempt_and_not_the_next": "not answered",
    "hangs_up_if_it_was_refused_before": "more than 40 lines",
    "keeps_the_limit_on_an_attempt_that_was_reset": "dropped without an answer",
    "closes_nobody_while_the_queue_of_one_is_full": "stop reading",
    "ends_four_that_share_a_thread_when_one_is_reset": "112 connections",
    "loses_one_of_three_processes_when_one_is_reset": "112 connections",
    "counts_twice_an_attempt_that_was_reset": "stop listening",
    "drops_everybody_when_one_is_reset": "111 connections",
    "fails_everybody_when_one_is_reset": "112 connections",
    "checks_no_more_after_a_crowd_was_reset": "111 connections",
    "gives_no_place_back_after_a_reset": "184 connections",
    "gives_no_place_back_after_an_aborted_handshake": "184 connections",
    "gives_no_place_back_of_as_many_as_it_was_said_to_have": "406 connections",
    "takes_a_segment_for_a_header": "several TCP segments",
    "takes_the_length_of_a_frame_to_come_at_once": "several TCP segments",
    "closes_everybody_with_one_that_is_due": "51 connections to show it",
    "waits_a_minute_for_the_answer_to_its_close": "left unanswered",
    "waits_a_few_seconds_too_long_for_the_answer_to_its_close": "left unanswered",
    "keeps_the_connections_of_those_who_closed": "closed already",
    "keeps_the_connections_that_it_closed": "closed already",
    "takes_connection_for_one_word": "in another manner",
    "knows_header_fields_in_one_spelling": "in another manner",
    "reads_a_kilobyte_of_a_request": "in another manner",
    "takes_a_late_pong_for_a_return": "a Close has come already",
    "counts_a_pong_of_the_connection_before": "a Close has come already",
    "takes_a_reset_behind_a_close_for_a_fault_of_its_own": "follow a Close at once",
    "compresses_for_all_with_one_compressor": "no WebSocket any more",
    "closes_with_1011_at_what_it_traces": "in several TCP segments",
    "hangs_up_at_what_it_traces": "in several TCP segments",
    "answers_an_empty_close_with_the_code_that_stands_for_none": "no WebSocket any more",
    "cuts_the_reason_of_its_answer_in_a_character": "no WebSocket any more",
    "dies_of_text_that_is_not_utf_8": "no WebSocket any more",
    "dies_of_what_is_no_frame": "no WebSocket any more",
    "stays_away_for_as_long_as_it_is_told_to": "a header field",
    "comes_back_as_soon_as_it_is_told_to": "a header field",
    "reads_a_date_as_no_number": "a header field",
    "dies_of_a_date_for_a_number": "a header field",
    "takes_a_101_of_another_for_final": "dropped without an answer",
    "takes_what_is_no_http_for_final": "dropped without an answer",
    "knows_a_101_in_one_spelling": "in another manner",
    "knows_fields_that_begin_with_a_capital": "in another manner",
    "takes_a_space_behind_each_colon_for_granted": "in another manner",
    "reads_a_kilobyte_of_a_101": "in another manner",
    "takes_a_segment_for_a_101": "in another manner",
    "throws_away_what_comes_with_a_101": "in another manner",
    "keeps_the_timer_of_an_attempt_that_got_no_answer": "dropped without an answer",
    "connects_with_a_ticket_that_comes_after_its_own_close": "plain HTTP",
    "connects_with_its_very_first_ticket_all_the_same": "plain HTTP",
    "waits_for_an_answer_for_ever": "not answered",
    "waits_for_an_answer_for_twice_the_cap": "not answered",
    "closes_in_order_only_before_a_reconnect": "more than 40 lines",
    "closes_only_when_its_queue_is_done": "more than 40 lines",
    "decodes_frames_before_it_joins_them": "more than 40 lines",
    "starts_its_heartbeat_before_it_is_open": "kept waiting",
    "waits_to_be_told_that_its_session_goes_on": "kept waiting",
    "lets_a_ping_be_after_business_of_its_own": "told from pings",
    "puts_its_ping_off_for_a_ping_of_the_server": "told from pings",
    "waits_for_the_answer_to_its_close": "closed already",
    "stays_away_when_it_has_given_up": "closed already",
    "trusts_every_certificate": "certificates",
    "does_not_compare_the_host": "certificates",
    "does_not_look_at_the_date": "certificates",
    "answers_pings_late": "told from pings",
    "waits_for_the_answer_to_its_close_for_a_while": "a look that a script does not have",
}
"""Mutants that no script shows, and what speaks against it."""

LESS_EXACT = frozenset(
    {
        "sends_every_pong_to_all",
        "answers_a_pong_with_a_ping",
        "sweeps_half_of_its_connections",
        "comes_back_again_when_the_old_connection_ends",
        "takes_the_close_of_the_server_for_a_loss_all_the_same",
        "keeps_answers_by_how_a_value_reads",
        "gives_up_whom_it_keeps_waiting",
        "counts_looks_without_a_ping",
        "rounds_up_how_long_a_client_was_silent",
        "looks_at_its_connections_a_little_too_seldom",
        "closes_half_of_its_connections_early",
        "keeps_beats_by_address",
        "goes_away_from_everybody_when_one_closes",
        "answers_nobody_who_comes_while_a_close_waits_for_its_answer",
        "comes_back_from_an_attempt_that_it_gave_up",
    }
)
"""Mutants whose script does not show what a replay shows: it goes into less detail, and
opens no connection but those that the finding is about."""

SHOWN_ALL_THE_SAME = frozenset({"tells_all_of_every_newcomer"})
"""Those whose script shows what a replay does not: it does less beside."""


@pytest.fixture(autouse=True)
def quiet() -> None:
    """What websockets logs of broken connections is nothing to show here."""
    logging.getLogger("websockets").setLevel(logging.CRITICAL + 1)


def subjects(*, with_script: bool) -> list[Subject]:
    return [each for each in in_virtual_time() if (_key(each) not in NO_SCRIPT) is with_script]


def _key(subject: Subject) -> str:
    # One name is that of a server and of a client.
    role, name = subject
    return "" if (role, name) == ("server", "answers_pings_late") else name


@pytest.mark.parametrize(("role", "name"), in_the_gate(subjects(with_script=True), every=3))
def test_a_script_shows_the_first_finding(role: Role, name: str) -> None:
    script = script_of(role, name)
    assert len(script.splitlines()) <= LONGEST
    _, trace = first_finding(role, name)
    assert not shows(role, "compliant", script, trace)
    is_missed = name in LESS_EXACT or (name in NOT_SHOWN and name not in SHOWN_ALL_THE_SAME)
    assert shows(role, name, script, trace) is not is_missed


@pytest.mark.parametrize(("role", "name"), in_the_gate(subjects(with_script=False)))
def test_where_there_is_no_script_it_is_said_why(role: Role, name: str) -> None:
    with pytest.raises(NotInAScript, match=NO_SCRIPT[name]):
        script_of(role, name)
