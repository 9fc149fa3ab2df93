"""A client that pings wrongly, or gives up wrongly when no pong comes."""

from __future__ import annotations

from random import Random

from conformance.trace.event import Close
from tests.traces.client_mutations.alteration import forget, insert_ping, shift_after
from tests.traces.client_mutations.occasion import (
    MARGIN,
    close_for_want_of_a_pong,
    connections_in,
    failed_before,
    is_late,
    met_with,
    pings_on,
    texts_from,
)
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST
from tests.traces.story import PING, PONG


def adds_a_member_to_a_ping(random: Random, story: ClientStory) -> str | None:
    pings = [d for d in texts_from(story) if d.content != PONG]
    if not pings:
        return None
    random.choice(pings).content = '{"type":"ping","id":1}'
    return "C-PING-FORM"


def pings_in_binary(random: Random, story: ClientStory) -> str | None:
    pings = [d for d in texts_from(story) if d.content != PONG]
    if len(pings) < 2:
        return None
    ping = random.choice(pings)
    ping.opcode, ping.content = "binary", PING.encode()
    return "C-PING-FORM"


def never_pings(random: Random, story: ClientStory) -> str | None:
    """All pings of one connection are gone; it lasted long enough for one."""
    for number in () if is_late(story) else met_with(story, "kept", "slowly answered"):
        mine = story.of(number)
        opened = next(d for d in mine if d.kind == "opened")
        if mine[-1].stamp - opened.stamp > FAST.heartbeat_interval + FAST.tolerance + MARGIN:
            gone = pings_on(story, number)
            story.drafts = [d for d in story.drafts if d not in gone and d.answers not in gone]
            return "C-PING-FIRST"
    return None


def skips_a_ping(random: Random, story: ClientStory) -> str | None:
    """One ping between two others is gone, with its pong, where all were answered at once."""
    return "C-PING-CADENCE" if _skipped(story, "kept") else None


def _skipped(story: ClientStory, treatment: str) -> bool:
    """Drop a ping between two others of a connection that met with something, if there is one."""
    for number in met_with(story, treatment):
        beats = pings_on(story, number)
        if len(beats) >= 3:
            forget(story, beats[1])
            return True
    return False


def pings_in_between(random: Random, story: ClientStory) -> str | None:
    """Another ping within an interval of the first connection, where no attempt failed before."""
    first = min(connections_in(story), default=None)
    if first is None or first not in met_with(story, "kept") or failed_before(story, first):
        return None
    beats = pings_on(story, first)
    if len(beats) < 2:
        return None
    insert_ping(story, beats[0], beats[1])
    return "C-PING-CADENCE"


def pings_in_between_after_a_reconnect(random: Random, story: ClientStory) -> str | None:
    """The same on a later connection, where an earlier one kept its interval."""
    kept = [n for n in met_with(story, "kept") if len(pings_on(story, n)) >= 2]
    if len(kept) < 2:
        return None
    beats = pings_on(story, kept[1])
    insert_ping(story, beats[0], beats[1])
    return "C-PING-SINGLE"


def skips_a_ping_when_pongs_are_slow(random: Random, story: ClientStory) -> str | None:
    if not any(len(pings_on(story, n)) >= 2 for n in met_with(story, "kept")):
        return None
    return "C-PING-ALWAYS" if _skipped(story, "slowly answered") else None


def gives_up_with_another_code(random: Random, story: ClientStory) -> str | None:
    close = close_for_want_of_a_pong(story)
    if close is None:
        return None
    close.content = random.choice([Close(1000), Close(None), Close(3999), Close(1001)])
    return "C-PONG-MISSING"


def gives_up_too_soon(random: Random, story: ClientStory) -> str | None:
    close = close_for_want_of_a_pong(story)
    if close is None:
        return None
    shift_after(story, close.stamp - 0.0001, -0.15)
    return "C-PONG-MISSING"


def gives_up_too_late(random: Random, story: ClientStory) -> str | None:
    close = close_for_want_of_a_pong(story)
    if close is None:
        return None
    ping = [d for d in pings_on(story, close.connection) if d.stamp < close.stamp][-1]
    due = ping.latest + FAST.pong_timeout + FAST.tolerance + 0.02
    shift_after(story, close.stamp - 0.0001, due - close.earliest)
    return "C-PONG-MISSING"
