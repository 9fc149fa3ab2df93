"""Who says that it goes away is not let off: what it does twice, it does not by chance."""

from __future__ import annotations

import pytest

from conformance.messages.limits import UNKNOWN_SUBPROTOCOL
from conformance.trace.event import NO_TCP
from conformance.trace.trace import Capabilities, Trace
from spec.dialect.shipped import shipped
from tests.traces.notation import of_outcome, outcomes, trace_of, violations

OPENED = "0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n"


def seen(text: str, attempt: int) -> Trace:
    return trace_of(f"{OPENED}{text}", attempt=attempt)


@pytest.mark.parametrize("code", [1001, 1012])
@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("0.1 > 7\n0.2 < close {code}", "S-ECHO"),
        ("0.1 > nope\n0.2 < close {code}", "S-IGNORE-NOT-JSON"),
        ("0.1 > binary 01\n0.2 < close {code} bye", "S-BINARY"),
        ("1.6 < close {code}", "S-TIMEOUT-CODE"),
        ("0.1 > close 1000\n0.2 < close {code}", "S-CONTROL"),
        ("0.7 < close {code} idle", "S-TIMEOUT-EARLIEST"),
    ],
)
def test_going_away_excuses_once(text: str, requirement: str, code: int) -> None:
    said = text.format(code=code)
    assert violations(seen(said, 1)) == {}
    [unsure] = of_outcome(seen(said, 1), "undecidable")[requirement]
    assert "may have been going away" in unsure.message
    assert violations(seen(said, 2)).keys() == {requirement}


def test_who_was_asked_to_end_goes_away_by_right() -> None:
    text = "0.1 asked SIGTERM\n0.15 > 7\n0.2 < close 1001\n0.21 ended eof"
    for attempt in (1, 2):
        assert violations(seen(text, attempt)) == {}
        assert "S-ECHO" not in of_outcome(seen(text, attempt), "undecidable")


def test_a_reason_that_a_server_gives_to_the_silent_is_no_farewell() -> None:
    found = violations(seen("1.6 < close 1001 heartbeat timeout", 1))
    assert found.keys() == {"S-TIMEOUT-CODE"}


@pytest.mark.parametrize(
    ("another", "end", "failed"),
    [
        ("#2 0.3 < close 1000", "0.199..0.21 ended eof", set()),
        ("#2 0.3 < close 1000", "0.205..0.21 ended eof", {"S-CONTROL"}),
        ("#2 0.3 < close 1001", "0.199..0.21 ended eof", {"S-CONTROL"}),
        ("", "0.199..0.21 ended eof", {"S-CONTROL"}),
    ],
)
def test_an_end_that_a_close_may_have_met_on_its_way_is_no_answer(
    another: str, end: str, failed: set[str]
) -> None:
    """Where others are answered, it is no rarity that the server ended the connection just then."""
    beside = "#2 0.0 opening\n#2 0.01 opened\n#2 0.29 > close 1000\n#2 0.32 ended eof\n"
    beside = beside.replace("#2 0.32", f"{another}\n#2 0.32") if another else ""
    text = f"0.20 > close 1000\n{end}\n{beside}"
    assert violations(seen(text, 2)).keys() == failed


HEARTBEAT = "heartbeat timeout"


@pytest.mark.parametrize(
    ("sent", "asked", "given", "failed"),
    [
        (0.1, "1000", f"1000 {HEARTBEAT}", {"S-TIMEOUT-CODE"}),
        (0.1, "4321", f"4321 {HEARTBEAT}", {"S-TIMEOUT-CODE"}),
        (0.1, "4321", f"1000 {HEARTBEAT}", {"S-TIMEOUT-CODE"}),
        (0.1, f"1000 {HEARTBEAT}", f"1000 {HEARTBEAT}", set()),
        (1.5, "1000", f"1000 {HEARTBEAT}", set()),
        (1.5, "4321", f"1000 {HEARTBEAT}", set()),
    ],
)
def test_the_reason_of_the_heartbeat_answers_no_close_before_the_limit(
    sent: float, asked: str, given: str, failed: set[str]
) -> None:
    said = f"{sent} > close {asked}\n{sent + 0.01:.2f} < close {given}"
    assert violations(seen(said, 1)).keys() == failed


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        ('0.1 > {"type":"ping","id":1}', {"S-PING-FORM", "S-TIMEOUT-CODE"}),
        ("0.1 > [1]", {"S-ECHO", "S-TIMEOUT-CODE"}),
        ("0.1 > nope", {"S-IGNORE-NOT-JSON", "S-TIMEOUT-CODE"}),
        ("0.05 > nope\n0.1 > nope", {"S-TIMEOUT-EARLIEST"}),
        ("0.04 > [1]\n0.05 < echo [1]\n0.71 > [1]", {"S-REFRESH", "S-TIMEOUT-EARLIEST"}),
    ],
)
def test_a_heartbeat_close_is_believed_when_it_comes_at_its_time(
    said: str, failed: set[str]
) -> None:
    """A message was under way that explains it better, unless its like was dealt with before."""
    end = 0.72 if "0.71" in said else 0.13
    found = violations(seen(f"{said}\n{end} < close {1000} {HEARTBEAT}", 1)).keys()
    assert found
    assert found <= failed
    assert (len(found) > 1) == ("S-TIMEOUT-CODE" in failed)


def test_nothing_follows_the_close_of_a_server() -> None:
    farewell = "0.1 > close 1000\n0.11 < close 1000\n{}0.12 ended eof"
    assert violations(seen(farewell.format(""), 1)) == {}
    more = "0.12 broken the server sent another Close after its Close\n"
    [found] = violations(seen(farewell.format(more), 1))["S-CONTROL"]
    assert "another Close" in found.actual


def test_what_is_said_behind_the_close_of_a_server_is_owed_nothing() -> None:
    """It may have crossed the Close; nor does it restart a clock that has run out."""
    crossing = f"0.1 > ping\n0.11 < pong\n1.6 < close 1000 {HEARTBEAT}\n1.61 > ping\n{{}}"
    assert violations(seen(crossing.format("3.0 ended eof"), 1)) == {}
    answered = "1.62 broken the server sent a text message after its Close\n3.0 ended eof"
    assert violations(seen(crossing.format(answered), 1)).keys() == {"S-CONTROL"}


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("0.11 < close 1000\n0.12 ended eof", ["satisfied"]),
        ("0.12 ended eof", ["violated"]),
        ("0.12 ended reset", []),
        ("0.12 ended local", []),
    ],
)
def test_the_end_of_the_connection_is_no_answer_to_a_close(end: str, outcome: list[str]) -> None:
    """A reset may have overtaken the answer."""
    assert outcomes(seen(f"0.1 > close 1000\n{end}", 1), "S-CONTROL") == outcome


@pytest.mark.parametrize(
    ("said", "given", "outcome"),
    [
        ("0.1 > binary 01", 1003, []),
        ("0.1 > binary 01\n0.4 > ping\n0.41 < pong", 1003, []),
        ("0.1 > 1e400", 1007, []),
        ("0.1 > binary 01", 1007, ["violated"]),
        ("0.1 > 1e400\n0.2 < echo null", 1007, ["violated"]),
        ("0.1 > binary 01\n1.2 > ping\n1.21 < pong", 1003, ["violated"]),
    ],
)
def test_a_close_for_a_message_may_cross_that_of_the_client(
    said: str, given: int, outcome: list[str]
) -> None:
    """While the message may still be under way: not once it was answered, nor long after it."""
    sent = 1.3 if "1.2 >" in said else 0.5
    trace = seen(f"{said}\n{sent} > close 1000\n{sent + 0.01:.2f} < close {given}", 1)
    assert outcomes(trace, "S-CONTROL") == outcome


@pytest.mark.parametrize(
    ("said", "end", "among"),
    [
        ("1.3 > close 1000", "1.5 ended eof", {"S-TIMEOUT-CODE"}),
        ("0.9 > close 1000", "1.2 ended eof", set()),
        ("1.2 > ping\n1.3 > close 1000", "1.5 ended eof", {"S-TIMEOUT-CODE"}),
        ("1.2 > ping\n1.21 < pong\n1.3 > close 1000", "1.5 ended eof", set()),
        ("1.3 > close 1000", "1.5 < close 1008 timed out", {"S-TIMEOUT-CODE"}),
        ("0.9 > close 1000", "1.2 < close 1008 timed out", set()),
    ],
)
def test_who_ends_the_silent_without_a_word_may_find_a_close_too_late(
    said: str, end: str, among: set[str]
) -> None:
    """On a busy machine the clock runs out while a Close lies unread, and a ping before it, too."""
    [found] = violations(seen(f"{said}\n{end}", 2))["S-CONTROL"]
    assert found.among == among


def test_a_close_that_is_not_answered_in_time_has_to_be_so_twice() -> None:
    [found] = violations(seen("0.1 > close 1000\n0.75 ended local", 1))["S-CONTROL"]
    assert found.provisional
    assert found.actual == "none after 0.65 s"


@pytest.mark.parametrize("refused", ["refused", "refused 503", "refused 400"])
def test_who_offers_an_unknown_subprotocol_is_as_welcome_as_others(refused: str) -> None:
    offered = f"#2 0.1 opening {UNKNOWN_SUBPROTOCOL}\n#2 0.2 {refused}\n#2 0.21 ended eof"
    found = violations(seen(offered, 1))
    assert found.keys() == {"S-ACCEPT"}
    assert found["S-ACCEPT"][0].provisional
    assert found["S-ACCEPT"][0].events == (4, 5)
    alone = violations(trace_of(offered))
    assert alone.keys() == ({"S-ACCEPT"} if "400" in refused else set())


@pytest.mark.parametrize(("late", "failed"), [("#0 1.5 late 1.4\n", set()), ("", {"S-ACCEPT"})])
def test_who_offers_one_and_is_given_up_by_a_wsbeat_that_was_late_was_not_refused_for_it(
    late: str, failed: set[str]
) -> None:
    given_up = f"{late}#2 1.650 opening {UNKNOWN_SUBPROTOCOL}\n#2 1.651 refused {NO_TCP}"
    assert violations(seen(given_up, 1)).keys() == failed


@pytest.mark.parametrize(
    "other", [f"opening {UNKNOWN_SUBPROTOCOL}\n#1 0.01 opened", "opening\n#1 0.01 refused 503"]
)
def test_a_full_server_may_refuse_who_offers_one_where_no_plain_client_got_in(other: str) -> None:
    offered = f"#2 0.1 opening {UNKNOWN_SUBPROTOCOL}\n#2 0.2 refused 503"
    assert violations(trace_of(f"#1 0.0 {other}\n{offered}")) == {}


def test_what_comes_of_another_subprotocol_leaves_the_handshakes_after_it_to_be_judged() -> None:
    other = "#1 0.0 opening graphql\n#1 0.01 opened graphql"
    refused = "#2 0.1 opening\n#2 0.2 refused 400"
    assert violations(trace_of(other)) == {}
    assert violations(trace_of(f"{other}\n{refused}")).keys() == {"S-ACCEPT"}


def test_who_asked_before_a_reset_is_to_be_accepted() -> None:
    """Only who asks after it may be refused on its account, which is for S-SURVIVE."""
    asked, cut, refused = "#2 0.1 opening", "#1 0.11 ended local reset", "#2 0.2 refused 500"
    assert violations(seen(f"{asked}\n{cut}\n{refused}", 1)).keys() == {"S-ACCEPT"}
    assert "S-ACCEPT" not in violations(seen(f"{cut}\n{asked}\n{refused}", 1))


@pytest.mark.parametrize(
    ("said", "requirement"), [("1e400", "S-BEYOND-IJSON"), ("[" * 70 + "]" * 70, "S-DEPTH")]
)
@pytest.mark.parametrize(
    ("heard", "is_wrong"),
    [
        ("", False),
        ("0.2 < echo 7\n", False),
        ("0.2 < echo 7\n0.2 < echo 7\n", True),
        ("0.2 < pong\n", True),
    ],
)
def test_what_need_not_be_answered_may_not_be_answered_anyhow(
    said: str, requirement: str, heard: str, is_wrong: bool
) -> None:
    found = violations(seen(f"0.1 > {said}\n0.1 > 1\n{heard}0.2 < echo 1", 1))
    assert found.keys() == ({requirement} if is_wrong else set())


@pytest.mark.parametrize(
    "said",
    [
        f'{{"type":"ping","data":{"[" * 70}{"]" * 70}}}',
        '{"type":"ping","data":1e400}',
        '{"type":"pong","type":"ping"}',
    ],
)
def test_what_some_parser_may_take_for_a_ping_may_get_a_pong(said: str) -> None:
    assert violations(seen(f"0.1 > {said}\n0.1 > 1\n0.2 < pong\n0.2 < echo 1", 1)) == {}


@pytest.mark.parametrize(
    "said", ["[" * 2**14 + "]" * 2**14, f'"{"a" * 2**17}"'], ids=["deep", "large"]
)
def test_a_close_for_what_is_deep_or_large_may_take_as_long_as_the_way_there(said: str) -> None:
    """It had 1.3 MB/s, and a text of 600 KB: that was held against S-TIMEOUT-EARLIEST."""
    text = f"0.1 > ping\n0.11 < pong\n0.2 > {said}\n0.2 > ping\n1.1 < close 1009"
    assert violations(seen(text, 2)) == {}
    assert "S-ECHO" in violations(seen(text.replace(said, "1"), 2))


@pytest.mark.parametrize(
    ("before", "broken"),
    [
        ("0.9 > {}\n", set()),
        ("0.1 > {}\n", {"S-CONTROL"}),  # too long before that
        ("", {"S-CONTROL"}),
    ],
)
@pytest.mark.parametrize("said", ["hello", '{"order":17}'])
def test_a_close_may_cross_the_client_s_for_what_is_the_affair_of_an_application(
    said: str, before: str, broken: set[str]
) -> None:
    """A dialect that leaves open what a server makes of a message, allows an end for it."""
    text = f"0 opening\n0.01 opened\n0.02 > PING\n0.03 < PONG\n{before.format(said)}"
    end = "1 > close 1000\n1.01 < close 1002 what"
    free = Capabilities(echo=False)
    trace = trace_of(text + end, dialect=shipped("trpc"), capabilities=free)
    assert violations(trace).keys() == broken
