"""What becomes of a server after connections were reset (S-SURVIVE), in traces written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import NO_TCP, NOBODY_LISTENS
from conformance.trace.note import STARVED
from tests.rooms.rules.server.test_neighbours import HEARTBEAT, IN_TIME, OTHERS
from tests.traces.notation import of_outcome, outcomes, trace_of, violations

RESET = "#1 1.605 ended local reset"


def test_after_resets_others_are_still_closed_in_time() -> None:
    trace = trace_of(f"{IN_TIME}{RESET}{OTHERS.format(n=2)} #2 2.10 < {HEARTBEAT}")
    assert "satisfied" in outcomes(trace, "S-SURVIVE")
    assert outcomes(trace, "S-NO-QUEUE") == []
    assert violations(trace) == {}


def test_one_that_was_closed_in_the_moment_before_its_reset_is_compared_with() -> None:
    """Saved times are rounded: the order in which it was recorded says what came first."""
    at_once = RESET.replace("1.605", "1.60")
    trace = trace_of(f"{IN_TIME}{at_once}{OTHERS.format(n=2)} #2 4.3 silent")
    assert violations(trace).keys() == {"S-SURVIVE"}
    assert "satisfied" not in outcomes(trace, "S-SURVIVE")


DROPPED = IN_TIME.replace(f"< {HEARTBEAT}", f"< {HEARTBEAT}\n#1 1.601 ended eof")
GOES = "#5 0.1 opening\n#5 0.1 opened\n#5 1.605 ended local reset"


def test_a_server_that_drops_at_once_whom_it_closed_has_no_dead_peer_there() -> None:
    """Nobody could have answered its Close: with the next reset it is resets that are beside."""
    trace = trace_of(f"{DROPPED}\n{GOES}{OTHERS.format(n=2)} #2 2.10 < {HEARTBEAT}")
    assert "satisfied" in outcomes(trace, "S-SURVIVE")
    never = trace_of(f"{DROPPED}\n{GOES}{OTHERS.format(n=2)} #2 4.3 silent")
    assert violations(never).keys() == {"S-SURVIVE"}


@pytest.mark.parametrize(("watched", "provisional"), [(3.1, True), (4.3, False)])
def test_one_that_is_not_closed_after_resets_was_forgotten(
    watched: float, provisional: bool
) -> None:
    """What no busy machine explains need not be seen twice: the server may be broken for good."""
    found = violations(trace_of(f"{IN_TIME}{RESET}{OTHERS.format(n=2)} #2 {watched} silent"))
    assert found.keys() == {"S-SURVIVE"}
    assert [seen.provisional for seen in found["S-SURVIVE"]] == [provisional]


def test_without_a_close_in_time_before_them_resets_are_not_to_blame() -> None:
    never = IN_TIME.replace(f"< {HEARTBEAT}", "ended local reset")
    assert violations(trace_of(f"{never}{OTHERS.format(n=2)} #2 4.3 silent")) == {}


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("refused 500", {"S-SURVIVE"}),
        ("refused", {"S-SURVIVE"}),
        ("refused 503", set()),
        ("refused 429", set()),
        ("opened\n #2 1.8 > ping\n #2 1.81 < pong\n #2 1.9 > close 1000", set()),
    ],
)
def test_a_server_still_accepts_connections_after_resets(after: str, found: set[str]) -> None:
    seen = violations(trace_of(f"{IN_TIME}{RESET}\n #2 1.7 opening\n #2 1.75 {after}"))
    assert seen.keys() == found
    assert all(each.provisional for each in seen.get("S-SURVIVE", [])), "it may have been full"


@pytest.mark.parametrize(
    ("refusal", "found"), [("refused", ["undecidable"]), ("refused 500", ["violated"])]
)
def test_in_a_crowd_one_is_reset_before_whatever_ends_the_server(
    refusal: str, found: list[str]
) -> None:
    trace = trace_of(f"{IN_TIME}{RESET}\n#2 5.0 opening\n#2 5.01 {refusal}")
    assert outcomes(trace, "S-SURVIVE") == ["violated"]
    assert outcomes(replace(trace, end="interrupted"), "S-SURVIVE") == found


@pytest.mark.parametrize(
    ("refusal", "most", "open_now", "found"),
    [
        (503, 3, 1, {"S-SURVIVE"}),
        (503, 3, 3, set()),  # it has three places, and they are taken
        (503, 2, 2, set()),
        (429, 3, 1, set()),  # too many at a time, or too many in a second
    ],
)
def test_a_server_has_as_many_places_after_resets_as_before(
    refusal: int, most: int, open_now: int, found: set[str]
) -> None:
    def opens(first: int, count: int, at: float) -> str:
        return "".join(
            f"#{n} {at + n / 1000:.3f} opening\n#{n} {at + n / 1000 + 0.0005:.4f} opened\n"
            for n in range(first, first + count)
        )

    crowd = opens(2, most - 1, 0.4)
    over = "".join(f"#{n} {0.5 + n / 1000:.3f} ended local reset\n" for n in range(2, most + 1))
    again = opens(50, open_now, 5.0)
    trace = trace_of(
        f"{IN_TIME.replace('1.60', '1.70')}{RESET.replace('1.605', '1.705')}\n{crowd}{over}{again}"
        f"#90 5.5 opening\n#90 5.51 refused {refusal}"
    )
    assert violations(trace).keys() == found


def test_a_pong_alone_does_not_show_that_the_server_survived_resets() -> None:
    """Nor does a close alone: a server may have stopped to accept, or to look at its clock."""
    accepted = "#2 1.7 opening\n #2 1.75 opened\n #2 1.8 > ping\n #2 1.81 < pong"
    alone = trace_of(f"{IN_TIME}{RESET}\n {accepted}\n #2 1.9 > close 1000")
    [unsure] = of_outcome(alone, "undecidable")["S-SURVIVE"]
    assert "there was no close in time." in unsure.message
    both = trace_of(f"{IN_TIME}{RESET}\n {accepted}\n #2 3.5 < {HEARTBEAT}")
    assert set(outcomes(both, "S-SURVIVE")) == {"satisfied"}


def test_what_is_not_seen_after_resets_is_worth_a_second_look() -> None:
    """Except where the scenario was not played to its end: then there is nothing to say."""
    nothing = f"{IN_TIME}{RESET}"
    [unsure] = of_outcome(trace_of(nothing), "undecidable")["S-SURVIVE"]
    assert "no close in time and no pong on a new connection." in unsure.message
    assert outcomes(replace(trace_of(nothing), end="interrupted"), "S-SURVIVE") == []


def test_a_server_that_is_full_right_after_resets_may_not_know_of_them() -> None:
    full = f"{IN_TIME}{RESET}\n #2 1.7 opening\n #2 1.75 refused 503"
    [unsure] = of_outcome(trace_of(full), "undecidable")["S-SURVIVE"]
    assert "Whether it knew by then what had ended cannot be told." in unsure.message


def test_a_refusal_before_any_reset_is_for_the_handshake() -> None:
    trace = trace_of(f"#2 0.0 opening\n #2 0.001 refused 500\n{IN_TIME}{RESET}")
    assert violations(trace).keys() == {"S-ACCEPT"}


BUSY = f"#0 2.0..4.0 late 1.77\n#0 2.0..4.0 note {STARVED}1.652\n"
STARVED_ALONE = f"#0 2.0..4.0 note {STARVED}1.652\n"


@pytest.mark.parametrize(
    ("busy", "asked", "detail", "outcome"),
    [
        (BUSY, "", NO_TCP, "undecidable"),
        (BUSY, "#2 4.000 opening\n", NO_TCP, "undecidable"),
        (STARVED_ALONE, "", NO_TCP, "undecidable"),
        (STARVED_ALONE, "#2 4.000 opening\n", NO_TCP, "undecidable"),
        ("", "", NO_TCP, "violated"),
        ("", "#2 4.000 opening\n", NO_TCP, "violated"),
        (BUSY, "", NOBODY_LISTENS, "violated"),
    ],
)
def test_a_connection_that_has_no_time_to_come_about_is_not_refused(
    busy: str, asked: str, detail: str, outcome: str
) -> None:
    """It is known when it was given up, and not when it was asked for: the two look like one."""
    trace = trace_of(f"{IN_TIME}{RESET}\n{busy}{asked}#2 4.001 refused {detail}", attempt=2)
    assert outcomes(trace, "S-SURVIVE") == [outcome]
    assert violations(trace).keys() == ({"S-SURVIVE"} if outcome == "violated" else set())
