"""What a server on this machine does late, because it waited for a processor, is no other fault."""

from __future__ import annotations

import pytest

from conformance.trace.note import STARVED
from conformance.trace.trace import Capabilities
from tests.traces.notation import outcomes, trace_of, violations

OPENED = "0.00 opening\n0.01 opened\n"
WAITED = f"#0 0.0..3.0 note {STARVED}2.000\n"
SAME = '{"business":1}'
PLAN_B = Capabilities(server_ping=True)
DEEP = "[" * 100 + "]" * 100


@pytest.mark.parametrize(("waited", "broken"), [(WAITED, set()), ("", {"S-ECHO"})])
def test_a_late_echo_is_not_taken_for_that_of_the_same_text_said_later(
    waited: str, broken: set[str]
) -> None:
    """The last of them is still under way: a server that is quick with it has lost one."""
    late = f"0.1 > {SAME}\n0.7 > {SAME}\n1.0 < echo {SAME}\n1.3 > {SAME}\n1.6 < echo {SAME}\n"
    trace = trace_of(f"{OPENED}{waited}#1 {late}2.1 ended local")
    assert violations(trace).keys() == broken


@pytest.mark.parametrize(
    ("waited", "broken"), [(WAITED, set()), ("", {"B-SERVER-PING"})], ids=["waited", "did not"]
)
@pytest.mark.parametrize("end", ["1.6 < ping\n1.7 ended local", "1.7 silent\n1.7 ended local"])
def test_pings_of_a_server_that_waited_are_not_held_against_it(
    end: str, waited: str, broken: set[str]
) -> None:
    trace = trace_of(f"{OPENED}0.6 < ping\n{waited}#1 {end}", capabilities=PLAN_B)
    assert violations(trace).keys() == broken


@pytest.mark.parametrize(
    ("close", "waited", "broken"),
    [
        ("close 1008", WAITED, set()),
        ("close 1009", WAITED, set()),
        ("close 1008", "", {"S-TIMEOUT-EARLIEST"}),
        ("close 1001", WAITED, {"S-TIMEOUT-EARLIEST"}),
        ("close 4000 too old", WAITED, {"S-TIMEOUT-EARLIEST"}),
    ],
)
def test_a_close_that_a_message_may_get_is_for_it_though_it_comes_late(
    close: str, waited: str, broken: set[str]
) -> None:
    said = f"0.02 > ping\n0.03 < pong\n0.1 > {DEEP}\n0.8 < {close}"
    trace = trace_of(f"{OPENED}{waited}{said.replace('0.02', '#1 0.02', 1)}", attempt=2)
    assert violations(trace).keys() == broken


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        ("0.0..0.4", set()),  # it may have read the ping by then only
        ("0.8..1.2", {"S-TIMEOUT-LATEST"}),  # what came of that was done long before it was due
    ],
)
def test_a_ping_that_is_read_late_starts_the_clock_as_late(when: str, broken: set[str]) -> None:
    waited = f"#0 {when} note {STARVED}0.400\n"
    said = "#1 0.02 > ping\n0.40 < pong\n2.42 silent\n2.42 ended local"
    trace = trace_of(f"{OPENED}{waited}{said}", attempt=2)
    assert violations(trace).keys() == broken


@pytest.mark.parametrize(("waits", "outcome"), [(True, "undecidable"), (False, "violated")])
def test_a_server_that_pings_no_more_while_it_waits_has_not_kept_on(
    waits: bool, outcome: str
) -> None:
    notes = "".join(
        f"#0 {at}..{at + 0.2:.1f} note {STARVED}0.200\n" for at in (1.9, 2.1, 2.3, 2.5, 2.7)
    )
    said = "#1 0.6 < ping\n1.2 < ping\n1.8 < ping\n3.3 silent\n3.3 ended local"
    trace = trace_of(f"{OPENED}{notes if waits else ''}{said}", capabilities=PLAN_B)
    assert outcome in outcomes(trace, "B-SERVER-PING")


@pytest.mark.parametrize(("waited", "broken"), [(WAITED, set()), ("", {"S-TIMEOUT-EARLIEST"})])
def test_what_gets_no_answer_may_lie_unread_and_so_may_the_ping_before_it(
    waited: str, broken: set[str]
) -> None:
    """The clock that ran out is that of the handshake, as far as anybody can tell."""
    said = "#1 0.16 > ping\n0.40 > binary 00\n0.50 > binary 00\n1.45 < close 1000 heartbeat timeout"
    verdicts = violations(trace_of(f"{OPENED}{waited}{said}", attempt=2))
    assert verdicts.keys() & {"S-TIMEOUT-EARLIEST"} == broken
    assert waited == "" or not verdicts


def test_a_ping_may_meet_a_heartbeat_close_of_a_server_that_has_read_nothing_for_long() -> None:
    said = (
        "#1 0.80 > ping\n1.30 > business\n1.30 > not json\n1.95 > ping\n"
        "2.05 < close 1000 heartbeat timeout"
    )
    assert not violations(trace_of(f"{OPENED}{WAITED}{said}", attempt=2))


def test_a_close_for_a_message_may_come_as_late_as_one_for_silence() -> None:
    """Its answer, and what ends its connection, were put off by what the server waited for."""
    said = f"#1 0.02 > 1\n0.02 > {DEEP}\n0.02 > ping\n0.2 < echo 1\n1.6 < close 1008"
    assert not violations(trace_of(f"{OPENED}{WAITED}{said}", attempt=2))


@pytest.mark.parametrize(("before", "broken"), [("", {"S-CONTROL"}), ("0.7 > ping\n", set())])
def test_the_answer_to_a_close_comes_behind_those_to_messages(
    before: str, broken: set[str]
) -> None:
    said = f"0.02 > ping\n0.03 < pong\n{before}1.2 > close 1000\n2.5 ended local"
    verdicts = violations(trace_of(f"{OPENED}{said}", attempt=2))
    assert verdicts.keys() & {"S-CONTROL"} == broken


@pytest.mark.parametrize(
    ("waited", "outcome"), [(WAITED, ["undecidable"]), ("", ["violated"])], ids=["waited", "not"]
)
@pytest.mark.parametrize(
    "said", ["0.1 > control ping beat\n0.9 silent", "0.1 > close 1000\n0.9 ended local"]
)
def test_a_control_frame_without_an_answer_leaves_a_doubt_where_the_server_waited(
    said: str, waited: str, outcome: list[str]
) -> None:
    """It is not as if none had been sent: others were answered, and the rest would pass."""
    trace = trace_of(f"{OPENED}{waited}#1 {said}", attempt=2)
    assert outcomes(trace, "S-CONTROL") == outcome


def test_a_control_frame_that_nobody_waited_for_leaves_none() -> None:
    trace = trace_of(f"{OPENED}{WAITED}#1 0.1 > control ping beat\n0.3 silent", attempt=2)
    assert outcomes(trace, "S-CONTROL") == []
