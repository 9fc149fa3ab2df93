"""To which message an end is put down that comes in place of an answer."""

from __future__ import annotations

import pytest

from conformance.trace.event import NO_TCP, NOBODY_LISTENS
from tests.rooms.evidence.server.exchanges import (
    OPENED,
    SPACED,
    blamed,
)
from tests.traces.notation import of_outcome, trace_of, violations


@pytest.mark.parametrize("close", ["close 1000 no more", "close 1011 oops", "close 1002 what"])
@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("ping", "S-PONG"),
        ("[1]", "S-ECHO"),
        ("nonsense", "S-IGNORE-NOT-JSON"),
        ("binary 00", "S-BINARY"),
        (SPACED, "S-PING-FORM"),
    ],
)
def test_a_close_in_place_of_the_answer_is_charged_to_the_message(
    said: str, fault: str, close: str
) -> None:
    """One after which a connection went on elsewhere is no suspect."""
    text = f'0.1 > {{"a":1}}\n0.1 > {said}\n0.1 > {{"a":2}}\n0.2 < echo {{"a":1}}\n0.2 < {close}'
    assert blamed(f"{text}\n0.3 ended eof") == {fault: [3]}
    aborted = text.rpartition("\n")[0]
    assert blamed(f"{aborted}\n0.3 ended reset") == {fault: [3]}


AFTER = "#2 0.4 opening\n#2 0.41 opened\n#2 0.42 > ping\n#2 0.43 < pong\n"


@pytest.mark.parametrize(
    ("said", "fault"), [("nonsense", "S-IGNORE-NOT-JSON"), ("binary 00", "S-BINARY")]
)
def test_of_several_messages_without_an_answer_that_one_is_blamed_which_ends_another_connection(
    said: str, fault: str
) -> None:
    """A server that answers from a queue takes owed answers along: which it was, is seen alone."""
    ended = f'0.1 > {{"a":1}}\n0.1 > {said}\n0.1 > ping\n0.3 ended eof\n'
    again = f"#2 0.44 > {said}\n#2 0.44 > ping\n#2 0.5 ended eof\n"
    assert blamed(ended) == {}
    doubted = of_outcome(trace_of(OPENED + ended), "undecidable")
    assert doubted.keys() == {"S-ECHO", "S-PONG", fault}
    assert {seen.among for each in doubted.values() for seen in each} == {frozenset(doubted)}
    assert blamed(ended + AFTER + again) == {fault: [3, 10]}
    both = AFTER + '#2 0.44 > {"a":1}\n#2 0.45 < echo {"a":1}\n' + again
    assert blamed(ended + both) == {fault: [3, 12]}


def test_an_end_for_which_no_message_is_to_blame_alone_is_charged_to_what_was_owed() -> None:
    """Each is harmless elsewhere. It has to be seen twice: the end may have come just then."""
    ended = '0.1 > {"a":1}\n0.1 > nonsense\n0.1 > ping\n0.3 ended eof\n'
    later = '#2 0.44 > {"a":7}\n#2 0.44 > nonsense\n#2 0.44 > ping\n'
    heard = '#2 0.5 < echo {"a":7}\n#2 0.5 < pong\n'
    trace = trace_of(OPENED + ended + AFTER + later + heard)
    found = violations(trace)
    assert found.keys() == {"S-ECHO"}
    [seen] = found["S-ECHO"]
    assert seen.provisional
    assert seen.among >= {"S-PONG", "S-IGNORE-NOT-JSON"}, "any of them may have met with the chance"


def test_what_ends_one_of_those_that_say_the_same_may_be_broken_by_any_message() -> None:
    """Said again on many, it ends one of them: others stay at least as long as that one did."""
    ended = "0.1 > 1e317\n0.12 < close 1011 oops\n0.13 ended eof\n"
    assert violations(trace_of(OPENED + ended))["S-BEYOND-IJSON"][0].among == frozenset()
    stays = "#2 0.05 opening\n#2 0.06 opened\n#2 0.1 > 1e317\n#2 {} > close 1000"
    for left, among in ((0.2, {"S-ECHO", "S-PONG"}), (0.11, set())):
        found = violations(trace_of(OPENED + ended + stays.format(left)))
        assert found.keys() == {"S-BEYOND-IJSON"}
        assert found["S-BEYOND-IJSON"][0].among == among


def test_where_nobody_listens_any_more_the_least_usual_message_is_blamed() -> None:
    ended = '0.1 > {"a":1}\n0.1 > nonsense\n0.1 > ping\n0.3 ended eof\n'
    gone = f"#2 0.4 refused {NOBODY_LISTENS}"
    assert blamed(ended + gone) == {"S-IGNORE-NOT-JSON": [3]}
    given_up = f"#0 2.0 late 1.5\n#2 2.05 refused {NO_TCP}"
    assert blamed(f"{ended}{given_up}") == {}, "it may be there, and wsbeat was late"


def test_an_end_that_comes_later_than_answers_do_is_not_put_down_to_what_is_owed_none() -> None:
    said = "0.1 > ping\n0.11 < pong\n0.6 > nonsense\n"
    assert blamed(f"{said}0.62 ended eof").keys() == {"S-IGNORE-NOT-JSON"}
    assert blamed(f"{said}0.95 ended eof").keys() == {"S-TIMEOUT-EARLIEST"}


def test_a_close_1003_is_the_answer_to_a_binary_message() -> None:
    text = "0.1 > ping\n0.1 > {}binary 00\n0.1 > 1\n0.2 < pong\n0.2 < close 1003 no binary"
    assert blamed(text.replace("{}", "")) == {}


@pytest.mark.parametrize(
    ("said", "close"),
    [
        ("binary 00", "close 1003 no binary"),
        ("1e400", "close 1007 bad data"),
        ("1e400", "close 1008 policy"),
        ("[" * 70 + "]" * 70, "close 1008 policy"),
        ("[" * 70 + "]" * 70, "close 1009 too deep"),
    ],
)
def test_a_lawful_close_is_put_down_to_the_message_that_allows_it(said: str, close: str) -> None:
    """And not to text that is not JSON, which was rightly ignored a moment before it."""
    text = f"0.1 > ping\n0.1 > nonsense\n0.1 > {said}\n0.1 > 1\n0.2 < pong\n0.2 < {close}"
    assert blamed(text) == {}
