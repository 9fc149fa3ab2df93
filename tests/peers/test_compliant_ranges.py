"""What the contract leaves to a peer is nothing to blame it for, from one end to the other.

Servers look at any moment of theirs, and at the latest that is allowed; clients ping and come back
at the edges of what they may. Each is checked as a whole, in virtual time, where nobody is late.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, product
from math import ceil
from pathlib import Path
from typing import TypeAlias

import pytest

from conformance.trace.file import read_traces
from conformance.trace.note import KEPT_WAITING
from conformance.verdict.result import Result
from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import Conversation, Later, Reaction
from tests.mutants.clients.behaviour import Answer, Ending, Life
from tests.mutants.clients.behaviour import Later as Afterwards
from tests.mutants.clients.mutant import find as find_client
from tests.mutants.compliant import PONG, echo_text, parse
from tests.mutants.virtual import client_result, server_result
from tests.traces.notation import of_outcome

pytestmark = pytest.mark.virtual

FAST = load_timing("fast")
NEARLY = 0.95
AT_THE_LATEST = FAST.check_interval + NEARLY * FAST.tolerance
PHASES = 4

Seconds: TypeAlias = Callable[[Life], float]
Delay: TypeAlias = Callable[[Life, Ending], float]
Greeting: TypeAlias = Callable[[Life], Sequence[Answer]]


def verdicts_other_than_passed(result: Result) -> dict[str, str]:
    return {
        assessment.requirement.id: assessment.verdict
        for assessment in result.assessments
        if assessment.verdict not in ("passed", "not_applicable")
    }


@pytest.mark.parametrize(
    ("period", "phase"),
    [
        (period, place / PHASES)
        for period in (FAST.check_interval, AT_THE_LATEST)
        for place in range(PHASES)
    ],
)
def test_a_server_may_look_at_any_moment(period: float, phase: float) -> None:
    """At every check it closes what is due; the next one comes after `period` seconds."""
    first = phase * period

    def at_a_check(talk: Conversation) -> float:
        due = talk.alive + FAST.heartbeat_timeout
        return first + ceil((due - first) / period) * period

    server = replace(find("compliant"), change=lambda base: replace(base, deadline=at_a_check))
    result = server_result(server, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_a_server_may_take_its_time_to_reply() -> None:
    late = NEARLY * FAST.reply_deadline
    server = replace(
        find("compliant"),
        change=lambda base: replace(
            base,
            pong=lambda talk: [Later(late, PONG)],
            echo=lambda talk, data: [Later(late, echo_text(data))],
        ),
    )
    assert verdicts_other_than_passed(server_result(server, (), FAST)) == {}


@pytest.mark.parametrize(
    "said", [(), ('{"type":"ack"}',), ('{"error":"what?"}', '{"type":"seen","n":1}')]
)
def test_an_application_may_say_what_it_likes_to_what_it_does_not_know(
    said: Sequence[str],
) -> None:
    """Nothing, the same to everything, or several messages, also to all JSON beyond I-JSON."""

    def parsed(text: str) -> object:
        return json.loads(text, parse_int=float, parse_constant=lambda _: parse(text))

    server = replace(
        find("compliant"),
        change=lambda base: replace(base, parse=parsed, echo=lambda talk, data: list(said)),
    )
    result = server_result(server, (), FAST, echo=False)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_a_server_may_spell_its_json_as_it_likes() -> None:
    """With white space and escapes that nobody needs, and the members in another order."""

    def spelled(_: Conversation, data: object) -> Reaction:
        text = json.dumps({"data": data, "type": "echo"}, indent=1, allow_nan=False)
        return ["\n" + text.replace("w", "\\u0077") + " "]

    server = replace(
        find("compliant"),
        change=lambda base: replace(
            base, pong=lambda _: ['{\r\n\t"type" : "\\u0070ong"}'], echo=spelled
        ),
    )
    result = server_result(server, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_the_echo_of_what_is_very_large_may_take_its_time() -> None:
    """As it does on a line of some MB/s; nobody need take such a text at all."""

    def echo(_: Conversation, data: object) -> Reaction:
        text = echo_text(data)
        return [text if len(text) < 1_000_000 else Later(2 * FAST.reply_deadline, text)]

    server = replace(find("compliant"), change=lambda base: replace(base, echo=echo))
    assert verdicts_other_than_passed(server_result(server, (), FAST)) == {}


@pytest.mark.parametrize(
    "answers",
    [
        ['{"type":"error","message":"unknown"}'],
        ['{"type":"a"}', "[1]", '"x"'],
        ['{"ok":1}', Later(0.05, '{"ok":2}'), Later(0.2, '{"ok":3}')],
        [f'{{"state":"{"x" * 100_000}"}}'],
        [f'{{"state":"{"x" * 1_000_000}"}}'],
    ],
    ids=["one", "several", "now and then", "of 100 kB", "of 1 MB"],
)
def test_an_application_that_does_not_echo_may_answer_anything_as_it_likes(
    answers: Reaction,
) -> None:
    server = replace(
        find("compliant"), change=lambda base: replace(base, echo=lambda talk, data: answers)
    )
    result = server_result(server, (), FAST, echo=False)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


INTERVAL, OFF = FAST.heartbeat_interval, NEARLY * FAST.interval_tolerance
LATEST_RETURN = FAST.reconnect_delay + FAST.reconnect_jitter

FIRST: Mapping[str, Seconds] = {
    "at once": lambda life: 0.0,
    "an interval later": lambda _: INTERVAL,
}
GAP: Mapping[str, Seconds] = {
    "short": lambda life: INTERVAL * (1 - OFF),
    "long": lambda life: INTERVAL * (1 + OFF),
    "by turns": lambda life: INTERVAL * (1 + OFF * (-1) ** life.pings),
}
DELAY: Mapping[str, Delay] = {
    "the shortest": lambda life, ending: FAST.reconnect_delay,
    "the longest": lambda life, ending: LATEST_RETURN,
    "longer each time": lambda life, _: min(LATEST_RETURN * 3**life.failures, FAST.reconnect_cap),
}


def counts_short_connections(life: Life, ending: Ending) -> int:
    return 0 if ending.lasted >= INTERVAL else life.failures + 1


def sooner_or_later(life: Life, ending: Ending) -> float:
    """As soon as it must, and later from the second in a row on, be it short or a failure."""
    return min(LATEST_RETURN * 2.0 ** max(0, life.failures - 1), FAST.reconnect_cap)


TOGETHER = [(first, *rest) for first, rest in zip(cycle(FIRST), product(GAP, DELAY), strict=False)]
"""Each gap with each delay; the first ping has little to do with either."""


@pytest.mark.parametrize(("first", "gap", "delay"), TOGETHER)
def test_a_client_may_go_to_the_limits(first: str, gap: str, delay: str) -> None:
    client = replace(
        find_client("compliant"),
        change=lambda base: replace(base, first=FIRST[first], gap=GAP[gap], delay=DELAY[delay]),
    )
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_a_client_may_back_off_from_the_second_short_connection_in_a_row_on() -> None:
    client = replace(
        find_client("compliant"),
        change=lambda base: replace(
            base, remembers=counts_short_connections, delay=sooner_or_later
        ),
    )
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


@pytest.mark.parametrize("share", [0.2, NEARLY])
def test_a_client_may_give_up_an_attempt_sooner_than_it_has_to(share: float) -> None:
    client = replace(
        find_client("compliant"),
        change=lambda base: replace(
            base, answer_timeout=lambda life: share * (FAST.reconnect_cap + FAST.tolerance)
        ),
    )
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_a_client_that_waits_for_no_pong_is_warned_and_nothing_else() -> None:
    client = replace(
        find_client("compliant"),
        change=lambda base: replace(base, pong_timeout=lambda life: None),
    )
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {"C-PONG-MISSING": "warned"}
    assert result.outcome == "conformant"


def orders(life: Life) -> Sequence[Answer]:
    """Business all the time, for as long as any scenario lasts."""
    count = ceil(30 * INTERVAL / CHATTER)
    return [Afterwards(n * CHATTER, f'{{"type":"order","number":{n}}}') for n in range(count)]


CHATTER = INTERVAL / 8
SAID_ON_OPENING: Mapping[str, Greeting] = {
    "who it is": lambda life: ['{"type":"login","token":"abc"}'],
    "what resembles a ping": lambda life: ['{"type":"typing"}', '{"topic":"ping-pong league"}'],
    "orders without a pause": orders,
}


@pytest.mark.parametrize("greeting", SAID_ON_OPENING)
def test_a_client_may_talk_about_its_business(greeting: str) -> None:
    client = replace(
        find_client("compliant"),
        change=lambda base: replace(base, greets=SAID_ON_OPENING[greeting]),
    )
    assert verdicts_other_than_passed(client_result(client, (), FAST)) == {}


@pytest.mark.parametrize("seconds", [0.005, 0.3, 60.0])
def test_a_client_may_open_a_tcp_connection_that_it_does_not_use(seconds: float) -> None:
    client = replace(find_client("compliant"), change=lambda base: replace(base, spare=seconds))
    assert verdicts_other_than_passed(client_result(client, (), FAST)) == {}


@pytest.mark.parametrize("path", ["/health", "/ticket?for=me"])
def test_a_client_may_ask_for_something_by_plain_http_first(path: str) -> None:
    client = replace(find_client("compliant"), change=lambda base: replace(base, asks_first=path))
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"
    (note,) = result.notes
    assert note.startswith(f"GET {path.partition('?')[0]} by plain HTTP came, ")


def test_a_client_that_fetches_something_first_is_asked_to_end_meanwhile(tmp_path: Path) -> None:
    client = replace(find_client("compliant"), change=lambda base: replace(base, asks_first="/t"))
    client_result(client, (), FAST, str(tmp_path), select=("C-CLOSE-FINAL",))
    for name in ("is_told_to_end_while_it_first_fetches", "is_told_to_end_while_it_fetches"):
        (trace,) = read_traces(tmp_path.joinpath(f"{name}.jsonl").read_text().splitlines(), name)
        (waits,) = [event for event in trace.events if event.content == KEPT_WAITING]
        assert trace.asked_to_end is not None
        assert trace.asked_to_end.n > waits.n
        assert of_outcome(trace, "satisfied")["C-CLOSE-FINAL"]


def test_a_client_may_make_its_next_attempt_over_a_tcp_connection_that_it_kept() -> None:
    client = replace(find_client("compliant"), change=lambda base: replace(base, warms_up=True))
    result = client_result(client, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


def test_a_client_need_not_ping_under_plan_b() -> None:
    client = replace(
        find_client("compliant"), change=lambda base: replace(base, first=lambda life: 1e6)
    )
    result = client_result(client, ("server_ping",), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"
