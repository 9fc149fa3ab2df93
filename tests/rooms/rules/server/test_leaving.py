"""What the end of one connection is to others, in a dialect in which silence ends nothing."""

from __future__ import annotations

import pytest

from conformance.config.dialect import said_capabilities
from conformance.rules.observation import Outcome
from conformance.trace.trace import Trace
from spec.dialect.shipped import shipped
from tests.traces.notation import outcomes, trace_of, violations

NUMBER = '{{"jsonrpc":"2.0","id":{0},"method":"ping"}}'
RESULT = '{{"jsonrpc":"2.0","id":{0},"result":{{}}}}'

STAY = (1, 2, 3, 4)
"""The connections that stay; others come, are answered, and are closed."""


def answered(connection: int, when: float) -> str:
    asked = connection * 1000 + round(when * 100)
    return (
        f"#{connection} {when:.3f} > {NUMBER.format(asked)}\n"
        f"#{connection} {when + 0.01:.3f} < {RESULT.format(asked)}\n"
    )


def opened(connection: int, when: float) -> str:
    return f"#{connection} {when:.3f} opening\n#{connection} {when + 0.01:.3f} opened\n"


def leaves(connection: int, when: float) -> str:
    """One that is closed, with what the server answers."""
    return (
        opened(connection, when - 0.2)
        + answered(connection, when - 0.18)
        + f"#{connection} {when:.3f} > close 1000\n"
        + f"#{connection} {when + 0.01:.3f} < close 1000\n"
        + f"#{connection} {when + 0.02:.3f} ended eof\n"
    )


def lines(*texts: str, attempt: int = 1) -> Trace:
    """A trace of these lines in the order of their times."""
    told = [line for text in texts for line in text.splitlines()]
    told.sort(key=lambda line: float(line.split()[1].split("..")[0]))
    dialect = shipped("json-rpc")
    known = said_capabilities(dialect)
    return trace_of("\n".join(told), dialect=dialect, capabilities=known, attempt=attempt)


THERE = "".join(opened(each, 0.0) + answered(each, 0.02 * each) for each in STAY)


def ended(how: str, when: float, *connections: int) -> str:
    return "".join(f"#{each} {when:.3f} {how}\n" for each in connections)


def test_others_are_answered_after_one_was_closed() -> None:
    assert outcomes(lines(THERE, leaves(7, 0.5), answered(2, 0.7)), "S-INDEPENDENT") == [
        "satisfied"
    ]


def test_what_is_said_at_once_shows_nothing_of_it_yet() -> None:
    assert outcomes(lines(THERE, leaves(7, 0.5), answered(2, 0.55)), "S-INDEPENDENT") == []


@pytest.mark.parametrize("how", ["ended eof", "ended reset", "< close 4001", "< close 1001"])
def test_in_whatever_way_a_part_of_the_others_ends_with_it(how: str) -> None:
    """One that says that it shuts down may do so, once."""
    trace = lines(THERE, leaves(7, 0.5), ended(how, 0.53, 1, 3), answered(2, 0.7), attempt=2)
    [found] = violations(trace)["S-INDEPENDENT"]
    assert found.provisional
    assert found.actual == "2 of 4 ended with it"
    assert violations(trace).keys() == {"S-INDEPENDENT"}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (ended("ended eof", 0.53, 1), []),
        (ended("ended eof", 0.53, 1) + leaves(8, 0.9) + ended("ended eof", 0.93, 3), ["violated"]),
        (ended("ended eof", 0.53, 1, 2) + ended("ended eof", 0.8, 3, 4), ["undecidable"]),
        (ended("ended eof", 0.8, 1, 2), []),
        (opened(9, 0.4) + ended("ended local reset", 0.45, 9) + ended("ended eof", 0.5, 1, 2), []),
    ],
    ids=["one, once", "one, twice", "others as well", "later", "where one was reset"],
)
def test_what_may_have_had_a_reason_of_its_own(more: str, found: list[Outcome]) -> None:
    seen = outcomes(lines(THERE, leaves(7, 0.5), more), "S-INDEPENDENT")
    assert [each for each in seen if each != "satisfied"] == found


def test_on_what_something_was_said_it_may_be_why() -> None:
    asked = "".join(f"#{each} 0.510 > {NUMBER.format(90 + each)}\n" for each in (1, 3))
    trace = lines(THERE, leaves(7, 0.5), asked, ended("ended eof", 0.53, 1, 3))
    assert "S-INDEPENDENT" not in violations(trace)


def test_a_close_that_crosses_the_end_of_all_others_is_not_for_s_control() -> None:
    """What wsbeat closes a moment later is answered with the code that all of them got."""
    crossed = "#2 0.540 > close 1000\n#2 0.550 < close 4001\n"
    trace = lines(THERE, leaves(7, 0.5), ended("< close 4001", 0.53, 1, 3), crossed)
    assert violations(trace)["S-CONTROL"][0].among == {"S-INDEPENDENT"}


TORN = "#7 0.500 ended local\n"
ALL_ENDED = "#0 0.53..0.531 note all connections ended at the same time: 4\n"


def test_all_that_end_with_one_that_was_left_without_a_close_are_for_s_survive() -> None:
    """To a server it was reset. Where a Close does the same, S-INDEPENDENT explains it."""
    left = opened(7, 0.3) + TORN
    found = violations(lines(THERE, left, ended("ended eof", 0.53, *STAY), ALL_ENDED))
    assert found.keys() == {"S-SURVIVE"}
    assert found["S-SURVIVE"][0].among == {"S-INDEPENDENT"}


def test_one_that_the_server_closes_by_right_takes_no_others_along() -> None:
    closed = "#7 0.495 > nonsense\n#7 0.500 < close 4400\n"
    dialect = shipped("graphql-transport-ws")
    told = [
        *(f"#{each} 0.0 opening\n#{each} 0.01 opened\n#{each} 0.02 ready" for each in (*STAY, 7)),
        closed + "#7 0.51 ended local",
        ended("ended eof", 0.53, 1, 3),
    ]
    known = said_capabilities(dialect)
    found = violations(trace_of("\n".join(told), dialect=dialect, capabilities=known))
    assert found.keys() == {"S-INDEPENDENT"}
