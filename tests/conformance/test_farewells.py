"""Who says that it goes away is not let off: what it does twice, it does not by chance."""

from __future__ import annotations

import pytest

from conformance.evidence import UNKNOWN_SUBPROTOCOL
from conformance.trace import Trace
from tests.conformance.notation import of_outcome, outcomes, trace_of, violations

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


@pytest.mark.parametrize("refused", ["refused", "refused 503", "refused 400"])
def test_who_offers_an_unknown_subprotocol_is_as_welcome_as_others(refused: str) -> None:
    offered = f"#2 0.1 opening {UNKNOWN_SUBPROTOCOL}\n#2 0.2 {refused}"
    found = violations(seen(offered, 1))
    assert found.keys() == {"S-ACCEPT"}
    assert found["S-ACCEPT"][0].provisional
    alone = violations(trace_of(offered))
    assert alone.keys() == ({"S-ACCEPT"} if "400" in refused else set())


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
