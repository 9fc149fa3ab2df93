"""What a crowd showed comes to verdicts: twice seen, one fault, and not the harness's own."""

from __future__ import annotations

import json

import pytest

import spec
from conformance.evidence.server.evidence import Evidence
from conformance.rules import judged, rules
from conformance.rules.observation import satisfied, undecidable, violated
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.judgement import CrowdJudgement
from conformance.verdict.selection import select
from conformance.verdict.verdict import Assessment
from tests.traces.notation import FAST, trace_of

TARGET = Target("ws://127.0.0.1:1/ws", spec.load_timing("fast"))
OPTIONS = Options(crowd=Crowd((1000,), lasting=30.0))


def at(*moments: float) -> Evidence:
    return Evidence(trace_of("\n".join(f"{moment} < pong" for moment in moments)))


def late(census: Census, *moments: float, name: str = "S-REPLY-SOON", place: int = 1) -> None:
    """A reply came too late at each of these moments."""
    evidence = at(*moments)
    for event in evidence.trace.events:
        told = violated(
            "A reply came too late.", event, expected="soon", actual="later", provisional=True
        )
        census.add(name, told, evidence, place)


def kept(census: Census, times: int, name: str = "S-REPLY-SOON") -> None:
    evidence = at(1.0)
    for place in range(times):
        census.add(name, satisfied(evidence.trace.events[0]), evidence, place)


def unsure(census: Census, times: int) -> None:
    evidence = at(1.0)
    for _ in range(times):
        why = undecidable("wsbeat was late.", evidence.trace.events[0])
        census.add("S-REPLY-SOON", why, evidence, 1)


def assessed(census: Census, name: str = "S-REPLY-SOON", options: Options = OPTIONS) -> Assessment:
    selection = select("server", options, TARGET.capabilities, rules("server"))
    judgement = CrowdJudgement(
        census, selection, options, TARGET, 1000, TARGET.timing.heartbeat_interval
    )
    [found] = [
        each for each in judgement.assessments("It was not seen.") if each.requirement.id == name
    ]
    return found


def test_what_was_seen_at_one_moment_decides_nothing() -> None:
    census = Census()
    kept(census, 1000)
    late(census, 3.0, 3.2, 3.4)
    found = assessed(census)
    assert found.verdict == "inconclusive"
    assert "less than an interval" in (found.because or "")
    assert found.violated == 0


def test_what_was_seen_at_two_moments_an_interval_apart_is_a_violation() -> None:
    census = Census()
    kept(census, 1000)
    late(census, 3.0, 3.0 + FAST.heartbeat_interval)
    found = assessed(census)
    assert (found.verdict, found.violated) == ("failed", 2)
    assert "--crowd 1000 --for 30" in found.findings[0].reproduce


CUT_OFF = (
    "#1 0.00 opening\n#1 0.01 opened\n#2 0.00 opening\n#2 0.01 opened\n#1 {at} ended local reset\n"
    "#2 {at} ended eof\n#0 {at} note all connections ended at the same time: 95\n"
    "#3 {after} opening\n#3 {after} refused"
)


@pytest.mark.parametrize(
    ("moments", "verdict"), [((3,), "inconclusive"), ((3, 4), "failed")], ids=["once", "twice"]
)
def test_that_all_ended_when_one_was_reset_may_be_chance(
    moments: tuple[int, ...], verdict: str
) -> None:
    """In a crowd somebody is reset all the time, in the moment in which a server dies as well."""
    census = Census()
    for moment in moments:
        told = CUT_OFF.format(at=moment, after=moment + 0.1)
        evidence = Evidence(trace_of(told, end="interrupted"))
        for name, observation in judged(evidence):
            if name == "S-SURVIVE" and observation.outcome == "violated":
                census.add(name, observation, evidence, 1)
    found = assessed(census, "S-SURVIVE")
    assert found.verdict == verdict
    assert verdict == "failed" or "somebody is reset or closed all the time" in str(found.because)


def test_that_all_ended_makes_nothing_else_doubtful() -> None:
    """Who answers twice does so, whatever became of everybody's connections in the end."""
    evidence = Evidence(trace_of(f"0.1 > ping\n0.2 < pong\n{CUT_OFF.format(at=3, after=4)}"))
    assert evidence.trace.collapses
    told = violated("Twice.", evidence.trace.events[0], expected="", actual="")
    census = Census()
    census.add("S-PONG", told, evidence, 1)
    assert assessed(census, "S-PONG").verdict == "failed"


def test_the_command_asks_for_the_size_that_showed_it_and_is_safe_to_paste() -> None:
    census = Census()
    kept(census, 1000)
    late(census, 3.0, 3.0 + FAST.heartbeat_interval)
    crowd = Crowd((100, 1000, 3000), mix_file="my mix.toml")
    [finding] = assessed(census, options=Options(crowd=crowd)).findings[:1]
    assert "--crowd 1000 --mix 'my mix.toml'" in finding.reproduce


def test_two_workers_may_have_seen_it_once_each() -> None:
    one, other = Census(), Census()
    late(one, 3.0)
    late(other, 9.0)
    assert assessed(one).verdict == assessed(other).verdict == "inconclusive"
    assert assessed(Census.of([one, other])).verdict == "failed"


@pytest.mark.parametrize(("times", "verdict"), [(9, "passed"), (12, "inconclusive")])
def test_one_in_a_hundred_may_decide_nothing(times: int, verdict: str) -> None:
    census = Census()
    kept(census, 1000)
    unsure(census, times)
    found = assessed(census)
    assert (found.verdict, found.undecidable) == (verdict, times)
    assert "wsbeat was late." in (found.because or "")


def test_what_one_of_several_explains_is_none_where_another_is_broken() -> None:
    census, evidence = Census(), at(1.0, 5.0)
    among = frozenset({"S-TIMEOUT-LATEST"})
    for event in evidence.trace.events:
        told = violated("Late.", event, expected="", actual="", provisional=True, among=among)
        census.add("S-NO-QUEUE", told, evidence, 1)
    assert assessed(census, "S-NO-QUEUE").verdict == "failed"
    late(census, 2.0, 7.0, name="S-TIMEOUT-LATEST")
    assert assessed(census, "S-NO-QUEUE").verdict == "inconclusive"
    assert assessed(census, "S-TIMEOUT-LATEST").verdict == "failed"


def test_what_may_come_of_late_replies_is_left_open_where_they_are_late() -> None:
    census, evidence = Census(), at(1.0, 5.0)
    for event in evidence.trace.events:
        told = violated("A ping was not answered with a pong.", event, expected="", actual="")
        census.add("S-PONG", told, evidence, 1)
    assert assessed(census, "S-PONG").verdict == "failed"
    late(census, 2.0, 7.0)
    assert assessed(census, "S-PONG").verdict == "inconclusive"
    assert assessed(census).verdict == "failed"


def test_a_census_travels_as_json() -> None:
    census = Census()
    kept(census, 10)
    late(census, 3.0, 9.0)
    unsure(census, 1)
    census.counts["accepted"] = 10
    census.refusals["HTTP 503"] = 2
    census.measures["reply"].add(0.25)
    read = Census.from_json(json.loads(json.dumps(census.to_json())))
    assert read.counts == census.counts
    assert read.refusals == census.refusals
    assert read.measures == census.measures
    assert assessed(read) == assessed(census)
    assert read.by_requirement["S-REPLY-SOON"].count_of_members == 10


def test_of_many_findings_few_travel() -> None:
    census = Census()
    late(census, *[float(second) for second in range(1, 400)])
    assert len(json.dumps(census.to_json())) < 20_000
