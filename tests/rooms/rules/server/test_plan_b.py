"""Plan B: what a server's pings, a client's pongs and the time between them are judged to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from conformance.rules import judge
from conformance.trace.event import Close
from conformance.trace.trace import Capabilities
from tests.traces import model
from tests.traces.notation import (
    FAST,
    in_words,
    of_outcome,
    outcomes,
    shown,
    trace_of,
    violations,
)
from tests.traces.story import HEARTBEAT, PING, PONG, Draft, Story, has_unanswered, pick

PLAN_B = Capabilities(server_ping=True)
OPEN = "0.0 opening\n0.01 opened\n"
BEAT = OPEN + "0.02 < ping\n0.03 > pong\n0.62 < ping\n0.63 > pong\n1.22 < ping\n1.23 > pong\n"
REGULAR = BEAT + "1.5 silent"
CLOSED = "{} < close 1000 heartbeat timeout\n{} ended eof"


def judged(text: str, **declared: bool) -> dict[str, list[str]]:
    """The outcomes for each requirement of Plan B, and whatever else is violated."""
    trace = trace_of(text, capabilities=replace(PLAN_B, **declared))
    found = {name: outcomes(trace, name) for name in ("B-SERVER-PING", "B-NO-LOOP", "B-TIMEOUT")}
    return found | {name: ["violated"] for name in violations(trace) if name not in found}


def violated(text: str, **declared: bool) -> set[str]:
    return {name for name, seen in judged(text, **declared).items() if "violated" in seen}


def closing(at: float, before: str = "") -> str:
    return OPEN + before + CLOSED.format(at, at + 0.01)


def test_a_regular_beat_is_no_violation_of_anything() -> None:
    found = judged(REGULAR)
    assert found == {"B-SERVER-PING": ["satisfied"] * 3, "B-NO-LOOP": ["satisfied"] * 2,
                     "B-TIMEOUT": []}  # fmt: skip


def test_in_the_core_it_breaks_the_silence_and_pongs_are_business() -> None:
    found = violations(trace_of(REGULAR))
    assert {"S-QUIET", "S-ECHO"} >= found.keys()
    assert "S-QUIET" in found


@pytest.mark.parametrize(
    ("text", "violations"),
    [
        (OPEN + "0.85 < ping\n0.9 silent", set()),
        (OPEN + "0.87 < ping\n0.9 silent", {"B-SERVER-PING"}),
        (OPEN + "0.8 silent", set()),
        (OPEN + "1.2 silent", {"B-SERVER-PING"}),
        (OPEN + "0.1 < ping\n0.54 < ping\n0.6 silent", {"B-SERVER-PING"}),
        (OPEN + "0.1 < ping\n0.56 < ping\n0.6 silent", set()),
        (OPEN + "0.1 < ping\n0.84 < ping\n0.9 silent", set()),
        (OPEN + "0.1 < ping\n0.86 < ping\n0.9 silent", {"B-SERVER-PING"}),
        (OPEN + "0.1 < ping\n0.84 silent", set()),
        (OPEN + "0.1 < ping\n0.9 silent", {"B-SERVER-PING"}),
        (OPEN + '0.1 < {"type":"ping","n":1}\n0.2 silent', {"B-SERVER-PING"}),
        (OPEN + '0.1 < { "\\u0074ype" : "\\u0070ing" }\n0.2 silent', set()),
        (OPEN + '0.1 < {"type":"Ping"}\n0.2 silent', {"S-QUIET"}),
    ],
)
def test_pings_of_a_server_are_judged_gap_by_gap(text: str, violations: set[str]) -> None:
    assert violated(text) == violations


def test_a_gap_that_the_harness_could_not_see_is_undecided_or_left_out() -> None:
    blurred = OPEN + "0.1 < ping\n0.50..0.60 < ping\n"
    assert judged(blurred + "0.7 silent")["B-SERVER-PING"] == ["satisfied", "undecidable"]
    assert judged(blurred + "1.2 < ping\n1.3 silent")["B-SERVER-PING"] == ["satisfied"] * 2
    late = OPEN + "0.1 < ping\n0.2..1.0 late 0.4\n1.0 < ping\n1.1 silent"
    assert judged(late)["B-SERVER-PING"] == ["satisfied", "undecidable"]
    paused = OPEN + "0.02 paused\n1.5 resumed\n1.51 > 1\n1.52 < echo 1\n1.6 silent"
    assert judged(paused)["B-SERVER-PING"] == []


def test_a_flood_excuses_a_late_ping() -> None:
    flood = "\n".join(["0.2 > 1"] * 30 + ["0.4 < echo 1"] * 30)
    assert violated(f"{OPEN}0.1 < ping\n{flood}\n1.2 < ping\n1.3 silent") == set()
    again = f"{OPEN}0.1 < ping\n{flood}\n1.2 < ping\n2.1 < ping\n2.2 silent"
    assert violated(again) == {"B-SERVER-PING"}, "what comes late after it, has no excuse"


def test_of_several_pongs_the_last_is_answered() -> None:
    before = OPEN + "0.02 < ping\n0.03 > pong\n0.30 > pong\n0.32 < ping\n0.62 < ping\n0.7 silent"
    assert violated(before) == {"B-NO-LOOP"}


@pytest.mark.parametrize("answer", ["pong", 'echo {"type":"pong"}'])
def test_a_pong_that_is_answered_is_the_beginning_of_a_loop(answer: str) -> None:
    assert violated(f"{REGULAR[: -len('1.5 silent')]}1.24 < {answer}\n1.5 silent") == {"B-NO-LOOP"}
    first = f"{OPEN}0.02 < ping\n0.03 > pong\n0.04 < {answer}\n0.62 < ping\n0.63 > pong\n1.3 silent"
    assert violated(first) == {"B-NO-LOOP"}


def test_a_ping_that_answers_a_pong_is_one_too_unless_it_was_due() -> None:
    looped = OPEN + "0.02 < ping\n0.03 > pong\n0.04 < ping\n0.62 < ping\n0.7 silent"
    assert violated(looped) == {"B-NO-LOOP"}
    due = OPEN + "0.02 < ping\n0.61 > pong\n0.62 < ping\n0.7 silent"
    assert violated(due) == set()
    hasty = OPEN + "0.02 < ping\n0.22 < ping\n0.40 > pong\n0.42 < ping\n0.62 < ping\n0.7 silent"
    assert violated(hasty) == {"B-SERVER-PING"}


def test_pings_of_the_client_are_answered_still_and_pongs_take_nothing_from_them() -> None:
    both = OPEN + "0.02 < ping\n0.03 > pong\n0.04 > ping\n0.05 < pong\n0.6 < ping\n0.7 silent"
    assert violated(both) == set()
    assert violated(both.replace("0.05 < pong\n", "")) == {"S-PONG"}


LIMIT, LATEST = FAST.heartbeat_timeout, FAST.latest_close + FAST.tolerance
PINGED = "0.1 < ping\n0.2 > {}\n0.7 < ping\n1.3 < ping\n"


@pytest.mark.parametrize(
    ("said", "close_at", "is_right"),
    [
        ("pong", LIMIT + 0.15, False),
        ("pong", LIMIT + 0.25, True),
        ("ping\n0.21 < pong", LIMIT + 0.1, True),
        ("1\n0.21 < echo 1", LIMIT + 0.1, True),
    ],
)
def test_only_pongs_restart_the_clock(said: str, close_at: float, is_right: bool) -> None:
    text = closing(close_at, PINGED.format(said))
    assert violated(text) == (set() if is_right else {"B-TIMEOUT"})


def test_the_close_is_late_when_counted_from_the_handshake_or_the_last_pong() -> None:
    beats = "".join(f"{0.1 + 0.6 * n:.1f} < ping\n" for n in range(5))
    assert violated(closing(LATEST - 0.01, beats.replace("2.5 < ping\n", ""))) == set()
    assert violated(closing(LATEST + 0.3, beats)) == {"B-TIMEOUT"}
    assert violated(OPEN + beats + f"{LATEST + 0.3} silent") == {"B-TIMEOUT"}
    beats = beats.replace("ping\n0.7", "ping\n0.4 > pong\n0.7")
    assert violated(closing(LATEST + 0.3, beats)) == set()


def test_a_pong_that_crosses_the_close_counts_for_neither() -> None:
    crossing = "0.1 < ping\n0.7 < ping\n1.3 < ping\n1.45 > pong\n"
    assert violated(closing(1.5, crossing)) == set()
    known = "0.1 < ping\n0.7 < ping\n0.9 > pong\n0.91 > 1\n0.92 < echo 1\n1.3 < ping\n"
    assert violated(closing(1.45, known)) == {"B-TIMEOUT"}


@pytest.mark.parametrize("close", ["1001 heartbeat timeout", "1000 pong timeout", "4000"])
def test_the_close_has_code_and_reason_of_the_core(close: str) -> None:
    text = OPEN + f"0.1 < ping\n0.7 < ping\n1.3 < ping\n1.7 < close {close}\n1.8 ended eof"
    assert violated(text) == {"B-TIMEOUT"}


def test_with_inbound_liveness_any_message_counts() -> None:
    text = closing(LIMIT + 0.15, PINGED.format("1\n0.21 < echo 1"))
    assert violated(text) == set()
    assert violated(text, inbound_liveness=True) == {"B-TIMEOUT"}


def test_where_an_application_answers_a_second_pong_is_the_protocols_fault_not_its_word() -> None:
    told = Capabilities(echo=False)
    twice = OPEN + "0.1 > ping\n0.1 > 17\n0.11 < pong\n0.111 < pong\n0.112 < [1]\n0.9 silent"
    assert set(violations(trace_of(twice, capabilities=told))) == {"S-PONG"}
    assert not violations(trace_of(twice.replace("0.111 < pong\n", ""), capabilities=told))
    taken = OPEN + "0.1 > ping\n0.11 < pong\n0.5 > 17\n0.51 < pong\n1.2 silent"
    assert set(violations(trace_of(taken, capabilities=told))) == {"S-PING-FORM"}


def inbound(text: str) -> set[str]:
    """What is violated in the core by a server that declares `inbound_liveness`."""
    trace = trace_of(text, capabilities=Capabilities(inbound_liveness=True))
    return set(violations(trace))


def test_where_any_message_counts_a_close_in_spite_of_one_is_a_fault_of_what_restarts() -> None:
    talked = "0.1 > ping\n0.11 < pong\n0.5 > {}\n0.9 > 1\n0.91 < echo 1\n"
    assert inbound(closing(1.7, talked.format("x"))) == {"S-ONLY-PINGS"}
    assert inbound(closing(2.4, talked.format("x"))) == set()
    silent = "0.1 > ping\n0.11 < pong\n"
    assert inbound(closing(1.3, silent)) == {"S-TIMEOUT-EARLIEST"}
    assert inbound(closing(3.5, talked.format("x"))) == {"S-TIMEOUT-LATEST"}
    prolonged = "0.1 > ping\n0.11 < pong\n1.0 > control ping a\n1.01 < control pong a\n"
    assert inbound(closing(2.9, prolonged)) == set()


@pytest.mark.parametrize("part", range(3))
def test_no_compliant_server_of_plan_b_is_blamed(part: int) -> None:
    for seed in range(part * 500, (part + 1) * 500):
        declared = Capabilities(seed % 3 > 0, server_ping=True, inbound_liveness=seed % 5 == 0)
        found = violations(model.story(Random(seed), declared).trace())
        assert not found, f"seed {seed}: " + "\n".join(shown(found))


@pytest.mark.parametrize("seed", range(40))
def test_when_the_harness_is_in_time_nothing_is_undecidable(seed: int) -> None:
    found = of_outcome(model.story(Random(seed), PLAN_B, calm=True).trace(), "undecidable")
    unsure = [each for seen in found.values() for each in seen]
    # The handshake is known less closely than anything else: its interval is that of two messages.
    assert all(each.window and each.window.since == "the handshake" for each in unsure), found


def beats(story: Story) -> list[Draft]:
    return [d for d in story.drafts if d.kind == "received" and d.content == PING]


def quiet(story: Story, draft: Draft, before: float, after: float) -> bool:
    """Whether nothing else happened around a moment, so many seconds before and after it."""
    return not any(
        d is not draft and -after < draft.stamp - d.stamp < before
        for d in story.of(draft.connection)
    )


def loses_a_ping(random: Random, story: Story) -> str | None:
    ping = pick(random, beats(story))
    mine = [d for d in beats(story) if ping and d.connection == ping.connection]
    if ping is None or ping in (mine[0], mine[-1]):
        return None
    story.drafts.remove(ping)
    return "B-SERVER-PING"


def adds_a_ping(random: Random, story: Story) -> str | None:
    pongs = [d.stamp for d in story.drafts if d.kind == "sent" and d.content == PONG]
    calm = (d for d in beats(story) if all(abs(d.stamp + 0.1 - each) > 0.2 for each in pongs))
    ping = pick(random, (d for d in calm if quiet(story, d, 0.0, 0.2)))
    if ping is None:
        return None
    later = (ping.stamp + 0.1, ping.earliest + 0.1, ping.latest + 0.1)
    story.drafts.append(replace(ping, stamp=later[0], earliest=later[1], latest=later[2]))
    return "B-SERVER-PING"


def echoes_a_pong(random: Random, story: Story) -> str | None:
    pongs = [d for d in story.drafts if d.kind == "sent" and d.content == PONG]
    pong = pick(random, (d for d in pongs if quiet(story, d, 0.2, 0.2)))
    if pong is None:
        return None
    at = pong.latest + 0.01
    content = random.choice([PONG, f'{{"type":"echo","data":{PONG}}}'])
    story.drafts.append(
        Draft(at, pong.connection, at - 0.001, at, "received", "text", content, pong)
    )
    return "B-NO-LOOP"


def says_something_else(random: Random, story: Story) -> str | None:
    manners = ("pings_once", "never_pings", "pings_often")
    close = pick(random, (d for d in story.drafts if d.content == HEARTBEAT and d.kind == "received"
                          and story.manners[d.connection] in manners))  # fmt: skip
    if close is None or has_unanswered(story, close.connection):
        return None
    close.content = Close(1000, "pong timeout") if random.random() < 0.5 else Close(4000)
    return "B-TIMEOUT"


FAULTS: tuple[Callable[[Random, Story], str | None], ...] = (
    loses_a_ping, adds_a_ping, echoes_a_pong, says_something_else,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)
def test_one_fault_is_found_and_it_alone(
    fault: Callable[[Random, Story], str | None],
) -> None:
    made: Counter[str] = Counter()
    for seed in range(400):
        random = Random(seed)
        story = model.story(random, PLAN_B, calm=bool(seed % 2))
        expected = fault(random, story)
        if expected is None:
            continue
        trace = story.trace()
        found = {name for name, each in judge(trace) if each.outcome == "violated"}
        assert found <= {expected}, in_words(seed, expected, trace)
        made["found" if found else "missed"] += 1
    assert made["found"] >= 15, made
    assert made["missed"] <= made["found"] / 3, made
