"""What rules on messages say, word for word, and which events show it."""

from __future__ import annotations

import pytest

from conformance.rules import judge, rules
from conformance.rules.observation import Observation
from conformance.rules.quoting import LONGEST, quoted
from conformance.trace.event import TOO_LARGE
from conformance.trace.trace import Capabilities, Role
from spec.dialect.shipped import shipped
from tests.traces.notation import outcomes, trace_of, violations

OPEN = "0.0 opening\n0.001 opened\n"
DEEP = "[" * 70 + "]" * 70
NESTED = "[" * 40 + "]" * 40
LARGE = '"' + "x" * 20_000 + '"'


def test_a_large_message_is_handled_like_others_of_its_kind_only() -> None:
    """Business that gets pongs, large or not, has nothing to do with its size."""
    ping = '0.1 > {"type":"ping","id":1}\n0.11 < pong\n'
    small, large = "0.2 > 1\n0.21 < pong\n", f"0.3 > {LARGE}\n0.31 < pong\n"
    assert "S-SIZE" not in violations(trace_of(f"{OPEN}{ping}{small}{large}"))
    echoed = "0.2 > 1\n0.21 < echo 1\n"
    assert "S-SIZE" in violations(trace_of(f"{OPEN}{ping}{echoed}{large}"))


@pytest.mark.parametrize(
    ("said", "requirement", "events", "actual"),
    [
        ("0.1 > ping\n0.11 < pong\n0.11 < pong", "S-PONG", (2, 3, 4), "}, then {"),
        ("0.1 > ping\n0.2 > 1\n0.21 < echo 1", "S-PONG", (2, 3, 4), "nothing"),
        ("0.1 > ping\n0.11 < close 1011 no", "S-PONG", (2, 3), 'Close 1011 "no"'),
        ("0.1 > 1\n0.11 < echo 1\n0.11 < echo 1", "S-ECHO", (2, 3, 4), "echo"),
        ("0.1 > 2\n0.11 < echo 3", "S-ECHO-DATA", (2, 3), "3"),
        (f"0.1 > {NESTED}\n0.2 > ping\n0.21 < pong", "S-DEPTH", (2, 3, 4), "nothing"),
        (f"0.1 > {DEEP}\n0.11 < close 1011", "S-DEPTH", (2, 3), "Close 1011"),
        (f"0.1 > {LARGE}\n0.2 > ping\n0.21 < pong", "S-SIZE", (2, 3, 4), "nothing"),
        (f"0.1 > {LARGE}\n0.11 < close 1009", "S-SIZE", (2, 3), "Close 1009"),
        ("0.1 > 1\n0.1 > ping\n0.11 < pong\n0.12 < echo 1", "S-ORDER", (2, 3, 4, 5), "to 1 "),
        ("0.1 > a\n0.11 < pong", "S-IGNORE-NOT-JSON", (2, 3), "pong"),
        ("0.1 > ping\n0.11 < pong\n0.9 < pong", "S-QUIET", (4,), "pong"),
        ("0.1 > {}\n0.11 < pong\n0.12 < echo {}", "S-PING-FORM", (2, 3, 4), "then"),
        ("0.1 > {}\n0.11 < echo {}\n0.12 < pong", "S-PING-FORM", (2, 3, 4), "then"),
        ("0.1 > 1\n0.1 > {}\n0.11 < echo 1\n0.11 < pong\n0.12 < echo {}",
         "S-PING-FORM", (3, 5, 6), "then"),
    ],
)  # fmt: skip
def test_a_fault_is_shown_by_the_shortest_exchange(
    said: str, requirement: str, events: tuple[int, ...], actual: str
) -> None:
    found = violations(trace_of(f"{OPEN}{said}"))
    assert found.keys() == {requirement}
    [first, *_] = found[requirement]
    assert first.events == events
    assert actual in first.actual


def test_a_reply_to_what_is_ignored_elsewhere_may_be_a_late_one() -> None:
    """A pong after the next text was sent came unasked only if no text before that gets one."""
    nan, comma = '{"type":"ping","n":NaN}', '{"type":"ping",}'
    answered = f"0.1 > {comma}\n0.2 > {nan}\n0.21 < pong\n"
    late = f"0.4 > {nan}\n0.5 > {comma}\n0.51 < pong\n2.0 silent"
    found = violations(trace_of(f"{OPEN}{answered}{late}"))
    assert {each.among for each in found["S-QUIET"]} == {frozenset({"S-IGNORE-NOT-JSON"})}
    by_itself = f"{OPEN}0.1 > {comma}\n1.5 > 1\n1.51 < echo 1\n3.8 < pong\n4.5 silent"
    assert {each.among for each in violations(trace_of(by_itself))["S-QUIET"]} == {frozenset()}


@pytest.mark.parametrize(("count", "said"), [(2, "twice"), (3, "three times"), (5, "5 times")])
def test_how_often_a_ping_was_answered_is_said(count: int, said: str) -> None:
    pongs = "0.11 < pong\n" * count
    [found] = violations(trace_of(f"{OPEN}0.1 > ping\n{pongs}"))["S-PONG"]
    assert found.message == f"A ping was answered {said}."


@pytest.mark.parametrize(
    ("said", "requirement", "outcome"),
    [
        (f"0.1 > {DEEP}\n0.11 < close 1008", "S-DEPTH", ["satisfied"]),
        (f"0.1 > {DEEP}\n0.2 > ping\n0.21 < pong", "S-DEPTH", ["satisfied"]),
        (f"0.1 > {DEEP}", "S-DEPTH", []),
        (f"0.1 > {LARGE}\n0.2 < echo {LARGE}", "S-SIZE", ["satisfied"]),
        (f"0.1 > {LARGE}", "S-SIZE", []),
        ("0.1 > 1\n0.11 < echo 1", "S-SIZE", []),
        ("0.1 > 1\n0.11 < echo 1", "S-ECHO", ["satisfied"]),
        ("0.9 > 1\n0.91 < echo 1", "S-QUIET", ["satisfied"]),
        ("0.9 > 1\n0.91 < echo 1\n1.2 > 2\n1.21 < echo 2", "S-QUIET", ["satisfied"]),
        ("0.1 > close 1000 a\n0.11 < close 1000 a\n0.12 ended", "S-CONTROL", ["satisfied"]),
        ("0.1 > close 1000\n0.11 < close 1001", "S-CONTROL", ["undecidable"]),
        ("0.1 > close 1000\n0.11 < close 1002", "S-CONTROL", ["violated"]),
        ("0.1 > close 1000\n0.7 ended local", "S-CONTROL", ["violated"]),
        ("0.1 > close 1000\n0.5 ended local", "S-CONTROL", []),
    ],
)
def test_what_is_no_fault_counts_or_says_nothing(
    said: str, requirement: str, outcome: list[str]
) -> None:
    assert outcomes(trace_of(f"{OPEN}{said}"), requirement) == outcome


@pytest.mark.parametrize(("over", "outcome"), [(0, []), (1, ["violated"])])
def test_a_declared_limit_is_kept_when_what_is_larger_is_not_taken(
    over: int, outcome: list[str]
) -> None:
    large = '"' + "x" * (70_000 - 2 + over) + '"'
    trace = trace_of(f"{OPEN}0.1 > {large}\n0.2 < echo {large}", max_message=70_000)
    assert outcomes(trace, "S-SIZE") == outcome


@pytest.mark.parametrize(
    "alone", ["", "0.01 > ping\n0.02 < pong\n", "0.01 > ping\n0.5 > 1\n0.51 < echo 1\n"]
)
@pytest.mark.parametrize("answered", [200, 150])
def test_a_burst_is_judged_where_pings_alone_are_answered(alone: str, answered: int) -> None:
    burst = "0.6..0.601 > ping\n" * 200 + "0.7 < pong\n" * answered + "1.5 silent"
    found = outcomes(trace_of(f"{OPEN}{alone}{burst}"), "S-BURST")
    judged = alone.endswith("pong\n")
    assert found == ([] if not judged else ["satisfied" if answered == 200 else "violated"])


BURST = "#{n} 0.6..0.601 > ping\n" * 200
ALONE = f"{OPEN}0.01 > ping\n0.02 < pong\n#2 0.0 opening\n#3 0.0 opening\n"


def bursts(second: int) -> list[Observation]:
    """What is said of two bursts beside a ping alone; of the other one so many are answered."""
    sent = BURST.format(n=2) + BURST.format(n=3)
    heard = "#2 0.7 < pong\n" * 200 + "#3 0.7 < pong\n" * second
    last = "#3 1.0 > 1\n#3 1.01 < echo 1\n"
    return [
        seen for name, seen in judge(trace_of(f"{ALONE}{sent}{heard}{last}")) if name == "S-BURST"
    ]


def test_every_burst_is_judged_and_shown_by_its_first_and_last_ping() -> None:
    assert [(seen.outcome, seen.events) for seen in bursts(200)] == [
        ("satisfied", (6, 205)),
        ("satisfied", (206, 405)),
    ]


def test_pings_lost_in_a_burst_are_counted_and_the_first_of_them_is_shown() -> None:
    """With what was answered after it. Another burst that gets all its pongs takes nothing away."""
    whole, found = bursts(150)
    assert whole.outcome == "satisfied"
    assert found.message == "Of 200 pings sent at once 50 got no answer."
    assert found.events == (206, 356, 756, 757)
    assert found.actual == "150 pongs"


@pytest.mark.parametrize(("answered", "actual"), [(64, "64 pongs"), (1, "1 pong")])
def test_all_that_is_lost_at_the_end_of_a_burst_is_counted(answered: int, actual: str) -> None:
    """Of a server that says nothing more, each may be said to have stopped it."""
    sent = f"{OPEN}0.01 > ping\n0.02 < pong\n" + "0.6..0.601 > ping\n" * 200
    trace = trace_of(sent + "0.7 < pong\n" * answered + "1.9 silent")
    [found] = violations(trace)["S-BURST"]
    assert found.message == f"Of 200 pings sent at once {200 - answered} got no answer."
    assert found.actual == actual


def test_what_is_answered_out_of_order_is_shown_with_what_overtook_it() -> None:
    """Not with what came before a second reply to it."""
    sent = "".join(f"0.1 > {n}\n" for n in range(1, 6))
    heard = "".join(f"0.2 < echo {n}\n" for n in (3, 4, 5, 1, 2, 1))
    [first, second] = violations(trace_of(f"{OPEN}{sent}{heard}"))["S-ORDER"]
    assert {4, 7} < set(first.events), "the message 3 and its echo"
    assert {4, 7} < set(second.events)


def test_what_is_no_websocket_frame_is_no_output_of_the_protocol() -> None:
    """Where a message has no reply on account of it, that message tells the fault."""
    broken = "0.2 broken a reserved bit is set"
    [found] = violations(trace_of(f"{OPEN}0.1 > ping\n0.11 < pong\n{broken}"))["S-VALID-OUTPUT"]
    assert found.actual == "a reserved bit is set"
    assert "S-VALID-OUTPUT" not in violations(trace_of(f"{OPEN}0.1 > ping\n{broken}"))


def test_what_wsbeat_leaves_for_its_size_is_no_breach_of_the_framing() -> None:
    """It is the answer of a message that has none, or else nothing asked for it."""
    left = f"0.2 broken {TOO_LARGE} 524356 bytes"
    [found] = violations(trace_of(f"{OPEN}0.1 > ping\n{left}"))["S-PONG"]
    assert found.actual == f"{TOO_LARGE} 524356 bytes"
    trace = trace_of(f"{OPEN}0.1 > ping\n0.11 < pong\n{left}")
    assert violations(trace).keys() == {"S-QUIET"}


def test_a_deep_ping_that_is_not_handled_each_time_is_a_matter_of_depth() -> None:
    """Though the same text had its pong at another time, it is for S-DEPTH and not for S-PONG."""
    deep = f'{{"type":"ping","data":{NESTED}}}'
    text = f"{OPEN}0.1 > {deep}\n0.2 > 1\n0.21 < echo 1\n0.3 > {deep}\n0.31 < pong"
    assert violations(trace_of(text)).keys() == {"S-DEPTH"}


PINGS = "#2 0.0 opening\n#2 0.001 opened\n#2 0.01 > ping\n#2 0.02 < pong\n"
HEARTBEAT = "< close 1000 heartbeat timeout"


@pytest.mark.parametrize(("pings_again", "outcome"), [(0.8, ["satisfied"]), (1.8, [])])
def test_another_connection_has_to_ping_while_one_is_silent(
    pings_again: float, outcome: list[str]
) -> None:
    silent = f"{OPEN}0.01 > ping\n0.02 < pong\n"
    text = f"{silent}{PINGS}1.5 {HEARTBEAT}\n#2 {pings_again} > ping\n"
    if pings_again < 1.5:
        text = (
            f"{silent}{PINGS}#2 {pings_again} > ping\n#2 {pings_again}1 < pong\n1.5 {HEARTBEAT}\n"
        )
    assert outcomes(trace_of(text), "S-INDEPENDENT") == outcome


def test_the_rules_on_the_role_of_a_trace_judge_it_unless_others_are_named() -> None:
    trace = trace_of(f"{OPEN}0.1 > ping\n0.11 < pong")
    named = [rule for rule in rules("server") if rule.requirement == "S-PONG"]
    assert [name for name, _ in judge(trace, named)] == ["S-PONG"]
    assert {"S-ACCEPT", "S-PONG"} <= {name for name, _ in judge(trace)}
    assert list(judge(trace, rules("client"))) == []


@pytest.mark.parametrize("role", ["server", "client"])
def test_every_rule_says_in_words_how_it_judges(role: Role) -> None:
    """Which `wsbeat explain` prints: sentences, without the indentation of the source."""
    for rule in rules(role):
        assert rule.how.endswith("."), rule.requirement
        assert "\n  " not in rule.how, rule.requirement


@pytest.mark.parametrize(
    ("said", "requirement"),
    [
        ("[" * 20 + "]" * 20, "S-ECHO"),
        (f"[[],{'[' * 19}{']' * 19}]", "S-ECHO"),
        ("[" * 21 + "]" * 21, "S-DEPTH"),
        (f"[{','.join(['[]'] * 30)}]", "S-ECHO"),
        ('"' + "x" * (16 * 1024 - 2) + '"', "S-ECHO"),
        ('"' + "x" * (16 * 1024 - 1) + '"', "S-SIZE"),
    ],
    ids=["20 deep", "20 deep, and more", "21 deep", "many, but flat", "16 KiB", "larger"],
)
def test_only_what_is_extreme_is_excused_from_having_its_echo(said: str, requirement: str) -> None:
    """What any server handles is for S-ECHO; how deep it lies is what counts, not how much."""
    missing = trace_of(f"{OPEN}0.1 > {said}\n0.2 > ping\n0.21 < pong")
    assert violations(missing).keys() == {requirement}


def test_a_message_is_quoted_whole_as_long_as_it_fits() -> None:
    assert quoted("x" * LONGEST) == "x" * LONGEST
    cut = quoted("x" * (LONGEST + 1))
    assert cut == "x" * (LONGEST - 3) + f"... ({LONGEST + 1} characters)"


@pytest.mark.parametrize(("depth", "late"), [(70, {"S-REPLY-SOON"}), (300, set())])
def test_what_waits_beside_a_very_deep_message_is_not_late(depth: int, late: set[str]) -> None:
    """White space makes its echo long, and a queue is written once all was read."""
    deep = "[" * depth + "]" * depth
    said = f"0.1 > 1\n0.1 > {deep}\n0.1 > ping\n"
    assert violations(
        trace_of(f"{OPEN}{said}1.5 < echo 1\n1.5 < echo {deep}\n1.5 < pong")
    ).keys() == (late)


@pytest.mark.parametrize(
    ("also", "broken"), [("0.11 > binary 50494e47\n", set()), ("", {"S-PONG"})]
)
def test_a_pong_too_many_may_be_that_to_binary_which_a_dialect_leaves_open(
    also: str, broken: set[str]
) -> None:
    """It says PONG to the bytes of a PING, too, and both late: pongs without ids are alike."""
    text = f"0 opening\n0.01 opened\n0.1 > PING\n{also}0.616 < PONG\n0.617 < PONG\n"
    trace = trace_of(text, dialect=shipped("trpc"), capabilities=Capabilities(echo=False))
    assert violations(trace).keys() == broken


NO_ECHO = Capabilities(echo=False)


def test_without_echoes_a_pong_too_many_may_be_for_business_that_came_with_the_ping() -> None:
    together = '0.1 > ping\n0.1 > {"type":"PING"}\n0.11 < pong\n0.12 < pong'
    trace = trace_of(f"{OPEN}{together}", capabilities=NO_ECHO)
    assert violations(trace) == {}
    assert "undecidable" in outcomes(trace, "S-PONG")
    alone = '0.1 > ping\n0.11 < pong\n0.3 > {"type":"PING"}\n0.31 < pong'
    found = violations(trace_of(f"{OPEN}{alone}", capabilities=NO_ECHO))
    assert found.keys() == {"S-PING-FORM"}


def test_without_echoes_a_pong_too_few_may_be_that_of_another_spelling() -> None:
    said = '0.1 > {"type":"ping","n":1}\n0.1 > ping\n0.11 < pong\n2.5 silent'
    for declared, others in ((NO_ECHO, {"S-PING-FORM"}), (Capabilities(), set())):
        seen = violations(trace_of(f"{OPEN}{said}", capabilities=declared)).get("S-PONG", [])
        assert all((each.among & {"S-PING-FORM"}) == others for each in seen)
