"""A fleet that is judged stretch by stretch comes to what the whole trace comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from conformance.rules import judge, rules
from conformance.run.server.crowd.living.fleet import Fleet
from conformance.run.server.crowd.living.surroundings import Surroundings
from conformance.scenarios.server.crowd import COMES_OF_LATENESS, LATENESS
from conformance.trace.trace import Capabilities, Trace
from conformance.verdict.crowd.census import Census
from conformance.wire.recorder import Heading, Recorder
from tests.traces import model
from tests.traces.effort import EFFORT, tries
from tests.traces.mutations import MUTATIONS, Mutation
from tests.traces.notation import FAST, trace_of
from tests.traces.story import Story

PACE = 3.0
"""How long (seconds) it is at the most until a fleet is judged again."""


def judged_in_stretches(story: Story, random: Random) -> tuple[Census, Fleet]:
    """What a fleet comes to that is judged at moments that are drawn."""
    trace = story.trace()
    heading = Heading("model", "server", trace.target, FAST, trace.capabilities)
    fleet, census = Fleet(Recorder(heading, 0.0)), Census()
    beside, known = Surroundings(kept=60.0), rules("server")
    drafts, events = sorted(story.drafts, key=lambda draft: draft.stamp), list(trace.events)
    last = max(event.latest for event in events)
    moment, given = 0.0, 0
    while given < len(events):
        moment += random.random() * PACE
        while given < len(events) and (drafts[given].stamp <= moment or moment > last):
            event = events[given]
            given += 1
            if event.kind == "late":
                beside.was_late(event.earliest, event.latest)
                continue
            fleet.recorder.events.append(replace(event, n=len(fleet.recorder.events)))
            fleet.recorder.connections = max(fleet.recorder.connections, event.connection)
        fleet.judge(known, beside, census, moment, is_last=given == len(events))
    return census, fleet


def outcomes(trace: Trace) -> Counter[tuple[str, str]]:
    """How often which requirement was seen to be kept, or not, in a whole trace."""
    return Counter((name, told.outcome) for name, told in judge(trace, rules("server")))


def outcomes_of(census: Census) -> Counter[tuple[str, str]]:
    """The same of a census."""
    found: Counter[tuple[str, str]] = Counter()
    for name, seen in census.by_requirement.items():
        sightings = seen.sightings.values()
        found[name, "satisfied"] += seen.satisfied
        found[name, "violated"] += sum(each.sure + each.suspected for each in sightings)
        found[name, "undecidable"] += sum(each.undecidable for each in sightings)
    return +found


CORE = Capabilities()


FEWER = {"S-QUIET", "S-INDEPENDENT"}
"""What is counted by stretches of time, or beside pings that were forgotten meanwhile."""


def broken(found: Counter[tuple[str, str]]) -> set[str]:
    return {name for name, outcome in found if outcome == "violated"}


@pytest.mark.parametrize("seed", range(tries(150)))
def test_a_compliant_server_is_seen_to_comply_as_in_the_whole_trace(seed: int) -> None:
    random = Random(seed)
    story = model.story(random, CORE, calm=seed % 2 == 0)
    census, _ = judged_in_stretches(story, random)
    found, whole = outcomes_of(census), outcomes(unfinished(story))
    assert not broken(found), found
    assert {key for key in found if key[0] not in FEWER} == {
        key for key in whole if key[0] not in FEWER
    }


@pytest.mark.parametrize("seed", range(tries(60)))
def test_nothing_is_counted_twice_and_nothing_is_lost(seed: int) -> None:
    random = Random(seed)
    story = model.story(random, CORE, calm=True)
    census, _ = judged_in_stretches(story, random)
    found, whole = outcomes_of(census), outcomes(unfinished(story))
    for name in FEWER:
        found.pop((name, "satisfied"), None)
        whole.pop((name, "satisfied"), None)
    assert found == whole


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.__name__)
def test_one_fault_is_found_as_in_the_whole_trace(mutation: Mutation) -> None:
    found_at_all = 0
    for seed in range(tries(40)):
        random = Random(seed)
        story = model.story(random, CORE, calm=True)
        if mutation(random, story) is None:
            continue
        whole = broken(outcomes(unfinished(story)))
        census, _ = judged_in_stretches(story, random)
        assert broken(outcomes_of(census)) == whole, seed
        found_at_all += 1
    assert found_at_all or EFFORT < 1


def test_what_was_judged_is_forgotten() -> None:
    fleet, beside = Fleet(Recorder(Heading("x", "server", "y", FAST, CORE), 0.0)), Surroundings(9.0)
    lines = ["0.00 opening", "0.01 opened"]
    census = Census()
    kept = []
    for beat in range(40):
        at = 0.1 + 0.6 * beat
        lines += [f"{at:.2f} > ping", f"{at + 0.01:.2f} < pong"]
        fleet.recorder.events += [
            replace(event, n=len(fleet.recorder.events) + more)
            for more, event in enumerate(trace_of("\n".join(lines)).events)
        ]
        lines = []
        fleet.judge(rules("server"), beside, census, at + 0.1)
        kept.append(len(fleet.recorder.events))
    assert max(kept) <= 2 + 2 + 2 * 3
    assert census.by_requirement["S-PONG"].satisfied == 40
    assert len(fleet.counted) < 20


def test_an_early_close_is_that_of_a_connection_that_pinged_again_however_long_ago() -> None:
    """Without the first ping it would be a plain silence, and the fault one of the limit."""
    plain = "#2 0.00 opening\n#2 0.01 opened\n#2 0.02 > ping\n#2 0.03 < pong\n"
    plain += "#2 1.80 < close 1000 heartbeat timeout\n#2 1.81 ended eof\n"
    pings = "".join(
        f"#1 {0.1 + 0.5 * beat:.2f} > ping\n#1 {0.11 + 0.5 * beat:.2f} < pong\n"
        for beat in range(12)
    )
    early = "#1 6.00 < close 1000 heartbeat timeout\n#1 6.01 ended eof\n"
    text = f"#1 0.00 opening\n#1 0.01 opened\n{plain}{pings}{early}"
    census, _ = judged_at(text, (1.0, 2.5, 4.0, 5.8, 6.5), Surroundings(9.0))
    assert broken(outcomes_of(census)) == {"S-REFRESH"}


def judged_at(text: str, moments: Iterable[float], beside: Surroundings) -> tuple[Census, Fleet]:
    """What a fleet comes to that is judged at these moments."""
    events = sorted(trace_of(text).events, key=lambda event: event.latest)
    fleet, census = Fleet(Recorder(Heading("x", "server", "y", FAST, CORE), 0.0)), Census()
    for moment in moments:
        while events and events[0].latest <= moment:
            fleet.recorder.events.append(replace(events.pop(0), n=len(fleet.recorder.events)))
        fleet.judge(rules("server"), beside, census, moment, is_last=not events)
    return census, fleet


SLOW = "0.00 opening\n0.01 opened\n" + "".join(
    f"{0.1 + 0.6 * beat:.2f} > ping\n{4.1 + 0.6 * beat:.2f} < pong\n" for beat in range(60)
)
"""A server whose pongs come four seconds late, long after it was judged that there were none."""


def test_replies_that_come_after_their_messages_were_judged_are_late_and_nothing_else() -> None:
    moments = [1.2 * stretch for stretch in range(1, 40)]
    census, fleet = judged_at(SLOW, moments, Surroundings(9.0))
    assert broken(outcomes_of(census)) - COMES_OF_LATENESS == {LATENESS}
    assert len(fleet.recorder.events) < 60


def test_what_a_server_is_late_with_that_did_not_get_to_run_is_held_against_nobody() -> None:
    beside = Surroundings(99.0)
    for second in range(60):
        beside.server_waited(second, second + 0.5, 0.45)
    census, _ = judged_at(SLOW, [1.2 * stretch for stretch in range(1, 40)], beside)
    assert broken(outcomes_of(census)) == set()
    [sighting] = census.by_requirement["S-REPLY-SOON"].sightings.values()
    assert sighting.undecidable > 5
    assert "waited for a processor" in sighting.reason


def test_a_delay_that_is_longer_than_all_waits_for_a_processor_is_the_server_s_own() -> None:
    beside = Surroundings(99.0)
    for second in range(60):
        beside.server_waited(second, second + 0.25, 0.1)
    census, _ = judged_at(SLOW, [1.2 * stretch for stretch in range(1, 40)], beside)
    assert LATENESS in broken(outcomes_of(census))


def unfinished(story: Story) -> Trace:
    """A story's trace, as stretches are: it goes on."""
    return replace(story.trace(), end="interrupted")
