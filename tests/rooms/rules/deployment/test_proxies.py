"""What is said of proxies, on traces by hand at `fast`: 0.6 s to 0.75 s, 1.4 s, 2.0 s."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from conformance.rules import rules
from conformance.run.rejudge import judge_traces
from conformance.run.replay import chosen
from conformance.targets.options import Options
from conformance.trace.event import Event
from conformance.trace.file import read_traces
from conformance.trace.note import THROUGH_PROXIES
from conformance.trace.trace import Trace
from conformance.verdict.selection import UsageError
from tests.traces import model
from tests.traces.effort import tries
from tests.traces.notation import outcomes, shown, trace_of, violations

PINGS, SILENT = "D-PROXY", "D-PROXY-SILENT"
DUE = "1.90 < close 1000 heartbeat timeout"


def opened(number: int, *, proxied: bool, ping: bool = True) -> str:
    """A connection that is open at 0.01 s and, unless it never pings, got its pong at 0.03 s."""
    note = f"#{number} 0.00 note {THROUGH_PROXIES}\n" if proxied else ""
    talk = f"#{number} 0.02 > ping\n#{number} 0.03 < pong\n" if ping else ""
    return f"{note}#{number} 0.00 opening\n#{number} 0.01 opened\n{talk}"


def seen(proxied: str, direct: str = DUE, *, ping: bool = True) -> Trace:
    """Two that live alike, with the ends that the lines tell; that of the proxied one first."""
    begun = opened(1, proxied=False, ping=ping) + opened(2, proxied=True, ping=ping)
    return trace_of(f"{begun}{proxied}\n{direct}")


@pytest.mark.parametrize("ping", [True, False])
@pytest.mark.parametrize("end", ["ended eof", "ended reset", "close 1006", "close 1011 why"])
@pytest.mark.parametrize(
    ("moment", "broken"), [("0.40", PINGS), ("0.74", PINGS), ("0.80", SILENT), ("1.38", SILENT)]
)
def test_the_way_tells_whose_end_it_was(moment: str, broken: str, end: str, ping: bool) -> None:
    verb = f"< {end}" if end.startswith("close") else end
    assert violations(seen(f"#2 {moment} {verb}", ping=ping)).keys() == {broken}


@pytest.mark.parametrize("end", ["ended eof", "ended reset", "< close 1001", DUE[5:]])
def test_once_the_server_may_close_a_proxy_may_end_it_too(end: str) -> None:
    trace = seen(f"#2 1.45 {end}")
    assert violations(trace) == {}
    assert outcomes(trace, SILENT) == ["satisfied"]


@pytest.mark.parametrize(
    "direct",
    [
        "#1 0.80 ended eof",
        "#1 1.20 < close 1000 heartbeat timeout",
        "#1 0.60 > close 1000",
        "#1 0.60 ended local reset",
    ],
)
def test_nothing_is_told_without_one_that_goes_on(direct: str) -> None:
    trace = seen("#2 0.90 ended eof", direct)
    assert violations(trace).keys().isdisjoint({PINGS, SILENT})
    assert "undecidable" in outcomes(trace, SILENT)


def test_a_heartbeat_close_is_of_the_server() -> None:
    trace = seen("#2 0.90 < close 1000 heartbeat timeout")
    assert violations(trace) == {}
    assert outcomes(trace, SILENT) == ["undecidable"]


@pytest.mark.parametrize(("moment", "rule"), [("0.60..0.90", PINGS), ("0.60..1.50", SILENT)])
def test_a_moment_that_is_not_known_decides_nothing(moment: str, rule: str) -> None:
    trace = seen(f"#2 {moment} ended eof")
    assert violations(trace) == {}
    assert outcomes(trace, rule) == ["undecidable"]


def test_one_that_never_pinged_is_not_compared_with_one_that_did() -> None:
    begun = opened(1, proxied=False) + opened(2, proxied=True, ping=False)
    trace = trace_of(f"{begun}#2 0.90 ended eof\n{DUE}")
    assert outcomes(trace, SILENT) == ["undecidable"]


def pinging(proxied_end: str, gaps: tuple[float, ...] = (0.7, 0.7, 0.7)) -> Trace:
    """Two that go on pinging, until the end that the line tells of the proxied one."""
    lines, moment = [opened(1, proxied=False) + opened(2, proxied=True)], 0.02
    by = float(proxied_end.split(maxsplit=1)[0])
    for gap in gaps:
        moment += gap
        for number in (1, 2):
            if number == 1 or moment < by:
                lines.append(f"#{number} {moment:.2f} > ping")
                lines.append(f"#{number} {moment + 0.01:.2f} < pong")
    return trace_of("\n".join([*lines, f"#2 {proxied_end}", "#1 2.60 > close 1000"]))


def test_one_that_pings_is_kept_open() -> None:
    trace = pinging("2.60 > close 1000")
    assert violations(trace) == {}
    assert outcomes(trace, PINGS) == ["satisfied"]
    assert outcomes(pinging("1.60 > close 1000"), PINGS) == []


def test_one_that_pings_more_often_than_it_has_to_shows_nothing() -> None:
    assert outcomes(pinging("2.60 > close 1000", gaps=(0.3,) * 7), PINGS) == []


def test_one_that_is_ended_in_spite_of_its_pings_is_held_against_a_proxy() -> None:
    assert violations(pinging("1.90 ended eof")).keys() == {PINGS}


def test_a_bound_on_its_life_that_is_longer_is_not() -> None:
    trace = pinging("2.30 ended eof")
    assert violations(trace) == {}
    assert outcomes(trace, PINGS) == ["satisfied"]


def test_no_connection_at_all_is_no_fault_of_a_timeout() -> None:
    lines = f"#2 0.00 note {THROUGH_PROXIES}\n#2 0.00 opening\n#2 0.02 refused 502"
    trace = trace_of(f"{opened(1, proxied=False)}{lines}\n{DUE}")
    assert violations(trace) == {}
    assert outcomes(trace, PINGS) == outcomes(trace, SILENT) == ["undecidable"]


def test_a_trace_of_two_ways_is_kept_and_judged_again() -> None:
    trace = seen("#2 0.90 ended eof")
    [again] = read_traces(iter(f"{line}\n" for line in trace.to_lines()), "kept.jsonl")
    assert [*again.to_lines()] == [*trace.to_lines()]
    verdicts = {each.requirement.id: each for each in judge_traces([again], Options()).assessments}
    assert verdicts[SILENT].verdict == "warned"
    assert verdicts[PINGS].verdict == "not_exercised"
    with pytest.raises(UsageError, match="two ways to the same server"):
        chosen([again], "server", ())


def test_a_trace_of_one_way_says_nothing_of_proxies() -> None:
    plain = trace_of(f"{opened(1, proxied=False)}{DUE}")
    verdicts = {each.requirement.id: each for each in judge_traces([plain], Options()).assessments}
    for name in (PINGS, SILENT):
        assert verdicts[name].verdict == "not_applicable"
        assert "reached through proxies" in (verdicts[name].because or "")
    assert {PINGS, SILENT} <= {each.requirement for each in rules("server")}


def with_proxies(trace: Trace, random: Random) -> Trace:
    """The same, with some of its connections led through proxies that end nothing."""
    numbers = [number for number in trace.by_connection if random.random() < 0.5]
    notes = [Event(0, each, 0.0, 0.0, "note", content=THROUGH_PROXIES) for each in numbers]
    events = (*notes, *trace.events)
    return replace(trace, events=tuple(replace(each, n=n) for n, each in enumerate(events)))


def test_a_proxy_that_ends_nothing_is_never_blamed() -> None:
    seen: Counter[str] = Counter()
    for seed in range(tries(1000)):
        random = Random(seed)
        trace = with_proxies(model.story(random).trace(), random)
        found = violations(trace)
        assert not found, f"seed {seed}: " + "\n".join(shown(found))
        seen.update(name for name in (PINGS, SILENT) if "satisfied" in outcomes(trace, name))
    assert seen[PINGS]
    assert seen[SILENT]
