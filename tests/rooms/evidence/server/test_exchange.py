"""Which message a reply is put down to, and which message a fault is blamed on."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Capabilities
from tests.rooms.evidence.server.exchanges import (
    OPENED,
    PATIENCE,
    PING,
    PONG,
    SPACED,
    blamed,
    fates,
    matched,
    pairs,
)
from tests.traces.notation import outcomes, shown, trace_of, violations


def test_every_message_gets_its_own_reply() -> None:
    matching = matched(
        """
        0.1 > ping
        0.1 > 1
        0.1 > nonsense
        0.1 > {"type" : "ping"}
        0.2 < pong
        0.2 < echo 1
        0.2 < pong
        """
    )
    assert [len(heard) for _, heard in pairs(matching)] == [1, 1, 0, 1]
    assert matching.unasked == ()


def test_a_missing_reply_is_not_ten_wrong_ones() -> None:
    said = "\n".join(f"0.1 > {number}" for number in range(10))
    heard = "\n".join(f"0.2 < echo {number}" for number in range(10) if number != 4)
    assert blamed(f"{said}\n{heard}") == {"S-ECHO": [2 + 4]}


def test_a_missing_pong_among_pings_is_one_missing_pong() -> None:
    found = blamed("0.1 > ping\n0.1 > 1\n0.1 > ping\n0.2 < echo 1\n0.2 < pong")
    assert found == {"S-PONG": [2]}


def test_a_doubled_reply_is_charged_to_its_message() -> None:
    found = blamed(
        "0.1 > 1\n0.1 > ping\n0.1 > 2\n0.2 < echo 1\n0.2 < pong\n0.2 < pong\n0.2 < echo 2"
    )
    assert found == {"S-PONG": [3]}
    found = blamed(
        "0.1 > 1\n0.1 > 2\n0.1 > 3\n0.2 < echo 1\n0.2 < echo 2\n0.2 < echo 2\n0.2 < echo 3"
    )
    assert found == {"S-ECHO": [3]}


def test_a_second_echo_is_charged_to_its_message_however_late_it_is() -> None:
    """Its data says what it answers, also where a server was starved between the two."""
    soon = "0.1 > ping\n0.101 < pong\n0.2 > 7\n0.201 < echo 7"
    assert blamed(f"{soon}\n0.9 < echo 7") == {"S-ECHO": [4]}
    assert blamed(f"{soon}\n0.3 > ping\n0.301 < pong\n1.2 < echo 7") == {"S-ECHO": [4]}
    assert blamed(f"{soon}\n0.9 < echo 8") == {"S-QUIET": [6]}


def test_replies_may_be_read_while_the_messages_are_still_being_sent() -> None:
    said = "0.1..0.2 > ping\n0.1..0.2 > 1"
    assert blamed(f"{said}\n0.15 < pong\n0.15 < echo 1\n0.3 > 2\n0.4 < echo 2") == {}
    found = blamed(f"{said}\n0.15 < pong\n0.16 < pong\n0.17 < echo 1\n0.3 > 2\n0.4 < echo 2")
    assert found == {"S-PONG": [2]}


def test_every_ping_answered_twice_is_charged_to_pings_alone() -> None:
    said = "\n".join("0.1 > ping" for _ in range(6))
    heard = "\n".join("0.2 < pong" for _ in range(12))
    assert blamed(f"{said}\n0.1 > 1\n{heard}\n0.2 < echo 1").keys() == {"S-PONG"}


def test_every_reply_doubled_is_charged_to_the_messages() -> None:
    found = blamed("0.1 > ping\n0.1 > 1\n0.2 < pong\n0.2 < pong\n0.2 < echo 1\n0.2 < echo 1")
    assert found == {"S-PONG": [2], "S-ECHO": [3]}


def test_replies_out_of_order_are_a_fault_of_order_alone() -> None:
    found = blamed("0.1 > 1\n0.1 > 2\n0.1 > 3\n0.2 < echo 2\n0.2 < echo 1\n0.2 < echo 3")
    assert found.keys() == {"S-ORDER"}
    assert blamed("0.1 > 1\n0.1 > ping\n0.2 < pong\n0.2 < echo 1").keys() == {"S-ORDER"}


def test_pings_served_before_all_else_are_a_fault_of_order_alone() -> None:
    said = "\n".join(f"0.1 > {number}\n0.1 > ping" for number in range(8))
    pongs = "\n".join("0.2 < pong" for _ in range(8))
    echoes = "\n".join(f"0.3 < echo {number}" for number in range(8))
    assert blamed(f"{said}\n{pongs}\n{echoes}").keys() == {"S-ORDER"}


@pytest.mark.parametrize(
    ("said", "heard", "fault"),
    [
        (PING, f"echo {PING}", "S-PONG"),
        (SPACED, f"echo {SPACED}", "S-PING-FORM"),
        ('["ping"]', PONG, "S-PING-FORM"),
        ('{"type":"Ping"}', PONG, "S-PING-FORM"),
        ("[1]", "echo [2]", "S-ECHO-DATA"),
        ("[1]", '{"type":"echo","data":[1],"id":7}', "S-ECHO-FORM"),
        ("[1]", '{"type":"echo"}', "S-ECHO-FORM"),
        (PING, '{"type":"pong","id":7}', "S-PONG-FORM"),
        (PING, '{"type":"pong","at":1e400}', "S-PONG-FORM"),
        (PING, "{'type':'pong'}", "S-VALID-OUTPUT"),
        (PING, "binary 7b7d", "S-VALID-OUTPUT"),
        (PING, '{"type":"error"}', "S-VALID-OUTPUT"),
        ("[1]", '{"type":"echo","data":[NaN]}', "S-VALID-OUTPUT"),
        ("[1]", "[1]", "S-VALID-OUTPUT"),
        ("hello", "echo null", "S-IGNORE-NOT-JSON"),
        ("hello", '{"type":"error"}', "S-IGNORE-NOT-JSON"),
        ("{'type':'ping'}", PONG, "S-IGNORE-NOT-JSON"),
        ("binary 00", "pong", "S-BINARY"),
        (f"binary {PING.encode().hex()}", "pong", "S-BINARY"),
        ("binary 00", '{"type":"error"}', "S-BINARY"),
    ],
)
def test_one_fault_is_one_requirement(said: str, heard: str, fault: str) -> None:
    """Alone between two witnesses, and in a row with others of every kind."""
    text = f"""
        0.1 > {{"witness":1}}
        0.1 > {said}
        0.1 > {{"witness":2}}
        0.2 < echo {{"witness":1}}
        0.2 < {heard}
        0.2 < echo {{"witness":2}}
        """
    assert blamed(text) == {fault: [3]}
    assert blamed(f"0.05 > ping\n0.06 < pong\n{text}\n0.3 > ping\n0.4 < pong") == {fault: [5]}


def test_a_reply_to_text_that_is_not_json_is_charged_to_it_by_its_witness() -> None:
    found = blamed("0.1 > ping\n0.1 > nonsense\n0.1 > 1\n0.2 < pong\n0.2 < pong\n0.2 < echo 1")
    assert set(found) <= {"S-IGNORE-NOT-JSON", "S-PONG"}
    assert len(found) == 1


def test_without_a_witness_the_time_that_passed_shows_it_too() -> None:
    answered = "0.1 > ping\n0.2 < pong\n0.3 > nonsense\n0.4 < {}"
    assert blamed(answered) == {"S-IGNORE-NOT-JSON": [4]}
    silent = trace_of(f"{OPENED}0.1 > ping\n0.2 < pong\n0.3 > nonsense\n0.4..1.2 silent")
    assert fates(silent) == ["answered", "open"]
    silent = trace_of(f"{OPENED}0.1 > ping\n0.2 < pong\n0.3 > nonsense\n1.2..1.3 silent")
    assert fates(silent) == ["answered", "silent"]


def test_a_message_that_nothing_asked_for_is_charged_to_nobody() -> None:
    greeting = trace_of(f"{OPENED}0.05 < {{}}\n0.1 > ping\n0.2 < pong")
    assert list(violations(greeting)) == ["S-QUIET"]
    later = trace_of(f"{OPENED}0.1 > ping\n0.2 < pong\n1.2 < pong\n1.3 > 1\n1.4 < echo 1")
    assert list(violations(later)) == ["S-QUIET"]
    assert [each.events for each in violations(later)["S-QUIET"]] == [(4,)]


def test_a_late_reply_is_late_and_not_missing() -> None:
    late = "0.1 > 1\n0.9 < echo 1"
    assert blamed(late) == {"S-REPLY-SOON": [2]}
    assert blamed(f"{late}\n1.0 > ping\n1.1 < pong") == {"S-REPLY-SOON": [2]}


def test_an_unanswered_ping_is_not_answered_by_the_pong_of_a_later_one() -> None:
    found = blamed("0.1 > ping\n0.9 > ping\n1.0 < pong\n1.1 > 1\n1.2 < echo 1")
    assert found == {"S-PONG": [2]}


def test_a_ping_that_was_never_answered_is_blamed_once_its_time_has_passed() -> None:
    assert blamed("0.1 > ping\n0.6..0.64 silent") == {}
    assert blamed("0.1 > ping\n0.7..0.8 silent") == {"S-PONG": [2]}


@pytest.mark.parametrize("said", ["1e400", '"\\ud800"', '{"a":1,"a":2}', "[" * 70 + "]" * 70])
@pytest.mark.parametrize("heard", ["", "0.2 < echo 7", '0.2 < {"type":"echo","data":"\\ud800"}'])
def test_beyond_i_json_may_be_echoed_or_not(said: str, heard: str) -> None:
    text = f"""
        0.1 > ping
        0.1 > {said}
        0.1 > 1
        0.2 < pong
        {heard}
        0.2 < echo 1
        """
    assert blamed(text) == {}
    assert matched(text).unasked == ()


def test_several_beyond_i_json_may_be_echoed_in_part() -> None:
    text = (
        "0.1 > 1e400\n0.1 > 1e401\n0.1 > ping\n0.1 > 1e402\n0.2 < echo 9\n0.2 < pong\n0.2 < echo 8"
    )
    assert blamed(text) == {}


def test_an_echo_to_one_beyond_i_json_cannot_be_mistaken_for_the_next() -> None:
    text = "0.1 > 1e400\n0.1 > 7\n0.1 > 8\n0.2 < echo 7\n0.2 < echo 8"
    assert blamed(text) == {}
    text = "0.1 > 1e400\n0.1 > 7\n0.1 > 8\n0.2 < echo 7\n0.2 < echo 7\n0.2 < echo 8"
    assert blamed(text) == {}


def test_what_was_said_when_the_server_had_closed_is_owed_no_answer() -> None:
    text = "0.1 > 1\n0.2 < echo 1\n1.6 > ping\n1.61 < close 1000 heartbeat timeout\n1.62 ended eof"
    trace = trace_of(OPENED + "0.1 > ping\n0.15 < pong\n" + text)
    assert fates(trace) == ["answered", "answered", "open"]


def test_what_was_said_shortly_before_our_own_close_may_go_unanswered() -> None:
    text = "0.1 > ping\n0.2 < pong\n0.3 > 1\n0.3 > close 1000\n0.4 < close 1000\n0.4 ended eof"
    trace = trace_of(OPENED + text)
    assert not violations(trace), list(shown(violations(trace)))
    assert fates(trace) == ["answered", "open"]


def test_an_application_that_does_not_echo_may_answer_as_it_likes() -> None:
    told = Capabilities(echo=False)
    text = """
        0.1 > ping
        0.1 > {"order":17}
        0.1 > ping
        0.2 < pong
        0.2 < {"type":"order","state":"taken"}
        0.2 < {"type":"order","state":"done"}
        0.2 < pong
        0.9 < {"type":"order","state":"sent"}
        """
    assert blamed(text, capabilities=told) == {}
    assert "S-QUIET" in blamed("0.1 < {}\n0.2 > ping\n0.3 < pong", capabilities=told)
    garbled = '0.1 > {"order":17}\n0.1 > ping\n0.2 < {"state":NaN}\n0.2 < pong'
    assert blamed(garbled, capabilities=told).keys() == {"S-VALID-OUTPUT"}


def test_who_may_still_owe_an_earlier_reply_owes_no_later_one() -> None:
    """wsbeat did not read for a while, and the server may have a backlog from then."""
    unread = "0.0 opening\n 0.01 opened\n 0.05 paused\n 0.1 > 1\n 0.2 resumed\n"
    trace = trace_of(f"{unread} 1.0 > 2\n 4.0 silent")
    assert outcomes(trace, "S-ECHO") == []
    trace = trace_of(f"{unread} 0.21 < echo 1\n 1.0 > 2\n 4.0 silent")
    assert outcomes(trace, "S-ECHO") == ["satisfied", "violated"]


def test_how_long_the_echo_of_what_need_not_be_handled_takes_is_the_affair_of_the_link() -> None:
    """17 MiB go over an ordinary line for seconds. More than one echo, nothing asked for."""
    large = '"' + "a" * 70_000 + '"'
    said = f"0.0 opening\n 0.01 opened\n 0.1..0.2 > {large}\n 3.0 < echo {large}\n"
    assert violations(trace_of(said)) == {}
    assert violations(trace_of(f"{said} 3.01 > close 1000\n 3.2 < close 1000")) == {}
    again = violations(trace_of(f"{said} 4.0 < echo {large}"))
    assert again.keys() == {"S-QUIET"}


LATE = 0.1 + PATIENCE + 0.2
"""When a reply to a message of 0.1 s comes that is certainly late."""


@pytest.mark.parametrize(
    ("after", "blame"),
    [
        (f"{LATE + 0.05} > close 1000", {"S-REPLY-SOON": [2]}),
        (f"{LATE + 0.01} < pong\n{LATE + 0.05} > close 1000", {"S-REPLY-SOON": [2]}),
        (f"{0.5 + PATIENCE + 0.1} silent", {"S-PONG": [2]}),
    ],
    ids=["the connection ends", "both come late", "nothing more comes"],
)
def test_a_late_pong_belongs_to_the_first_ping_where_the_second_may_be_under_way(
    after: str, blame: dict[str, list[int]]
) -> None:
    """A server that waits for a processor answers both, the second when nobody watches any more."""
    assert blamed(f"0.1 > ping\n0.5 > ping\n{LATE} < pong\n{after}") == blame
