"""A finding: beside the events that a rule names, what led to them, so that the cause is shown."""

from __future__ import annotations

from dataclasses import replace

from conformance.rules.observation import Observation, Window, violated
from conformance.scenarios import what_is_done_in
from conformance.trace.trace import Trace
from conformance.verdict.finding import leading_to
from tests.traces.notation import trace_of
from tests.traces.story import PING, PONG


def before(trace: Trace, *events: int, window: Window | None = None) -> list[object]:
    """The contents of what is shown before the events of a violation."""
    observation = violated("It broke.", *(trace.events[n] for n in events), expected="", actual="")
    assert isinstance(observation, Observation)
    return [event.content for event in leading_to(_with(observation, window), trace)]


def _with(observation: Observation, window: Window | None) -> Observation:
    return replace(observation, window=window)


SINCE = Window("the last ping", 1.4, None, (0.0, 0.6))


def test_what_was_said_before_an_end_is_shown_where_a_rule_names_the_end_alone() -> None:
    trace = trace_of("""
        0.0 opening
        0.1 opened
        0.2 > "first"
        0.3 > "second"
    #2  0.3 > "of another"
        0.4 > "third"
        0.5 > "fourth"
        0.6 < close 1000 heartbeat timeout
    """)
    assert before(trace, 1, 7) == ['"second"', '"third"', '"fourth"']
    assert before(trace, 3, 7) == []


def test_what_was_said_right_before_the_ping_is_shown_where_its_time_is_counted() -> None:
    trace = trace_of("""
        0.0 opened
        0.1 > "long ago"
        0.500 > "large"
        0.502 > ping
        1.1 < close 1000 heartbeat timeout
    """)
    assert before(trace, 3, 4, window=SINCE) == ['"large"']
    assert before(trace, 3, 4) == []


def test_what_is_done_in_a_scenario_is_said_in_a_sentence() -> None:
    assert what_is_done_in("never_pings") == (
        "Connects and says nothing at all, until the server closes."
    )
    assert what_is_done_in("pings_in_a_quick_series_and_falls_silent").endswith("nothing more.")
    assert what_is_done_in("of another version") == ""


def test_what_a_client_and_its_server_said_in_between_is_shown() -> None:
    trace = trace_of(
        """
        0.0 opened
        0.5 < ping
        0.5 > pong
        0.7 < {"order":17}
    #2  0.8 < {"of":"another"}
        1.1 < ping
        1.7 silent
        """,
        role="client",
    )
    assert before(trace, 1, 6) == [PONG, '{"order":17}', PING]
    assert before(trace, 0, 1) == []


def test_of_much_that_was_said_in_between_what_the_client_said_is_shown() -> None:
    noise = "\n".join(f'{0.5 + n / 100} > "noise"' for n in range(1, 20))
    trace = trace_of(f"0.0 opened\n0.5 < ping\n{noise}\n0.9 < ping\n1.7 silent", role="client")
    assert before(trace, 1, 22) == [PING]


def test_a_slow_handshake_is_shown_before_what_may_come_of_it() -> None:
    slow = "0.0 opening\n0.1 requested GET /\n{} opened\n2.5 silent"
    trace = trace_of(slow.format(0.9), role="client")
    assert len(before(trace, 2, 3)) == 1
    assert before(trace_of(slow.format(0.2), role="client"), 2, 3) == []


def test_what_wsbeat_did_to_the_wall_clock_is_shown_with_whatever_the_server_did_since() -> None:
    trace = trace_of("#0 0.0 jumped 3600\n#1 0.2 opening\n#1 0.3 refused 403\n#0 0.7 jumped -7200")
    assert before(trace, 1, 2) == [3600.0]
    silence = trace_of("#1 0.1 opened\n#1 0.7 jumped 3600\n#0 0.7 jumped 3600\n#1 0.9 ended eof")
    assert before(silence, 0, 1, 3) == []


def test_what_servers_stumble_over_is_shown_beside_a_message_without_an_answer() -> None:
    """The large text before a lone ping, and the binary message amid what ends with a Close."""
    large = f'"{"a" * 5000}"'
    trace = trace_of(f"""
        0.0 opened
        0.1 > {large}
        0.500 > {large}
        0.501 > "small"
        0.502 > ping
        0.503 > binary 01
        0.504 > 1
        0.505 < close 1003
    """)
    assert before(trace, 4) == [large]
    assert before(trace, 4, 6, 7) == [large, b"\x01"]


def test_what_had_begun_on_another_connection_is_shown_with_what_came_in_frames() -> None:
    trace = trace_of("""
    #1  0.0 opened
    #2  0.0 opened
    #3  0.0 opened
    #2  0.1 > fragment 7b
    #3  0.1 > fragment 7b
    #3  0.1 > 7
    #1  0.2 > fragment 7b22
    #1  0.2 > ping
    """)
    assert before(trace, 6, 7) == [b"{"]
