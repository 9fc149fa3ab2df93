"""A client that comes back wrongly, or not at all."""

from __future__ import annotations

from random import Random

from conformance.trace.event import WHOLE_TRACE
from tests.traces.client_mutations.alteration import move, shift_after, tell
from tests.traces.client_mutations.occasion import (
    MARGIN,
    a_loss,
    is_first,
    is_late,
    losses,
    met_with,
    told_between,
    was_short,
)
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST

FIRST_DELAY = FAST.reconnect_delay + FAST.reconnect_jitter


def never_comes_back(random: Random, story: ClientStory) -> str | None:
    lost = a_loss(random, story)
    if lost is None or story.rounds[lost[0].connection] == "talked to":
        return None
    end, _ = lost
    if was_short(story, end.connection) and not is_first(story, end.connection):
        return None  # that is for C-BACKOFF, if waits have grown
    story.cut(end.stamp)
    until = end.stamp + FAST.reconnect_cap + FAST.tolerance + MARGIN
    tell(story, until, "silent")
    return "C-RECONNECT"


def dies_with_its_connection(random: Random, story: ClientStory) -> str | None:
    lost = a_loss(random, story)
    if lost is None or story.rounds[lost[0].connection] == "talked to":
        return None
    story.cut(lost[0].stamp)
    tell(story, lost[0].stamp + MARGIN, "exited", "exit code 1")
    return "C-RECONNECT"


def comes_back_too_soon(random: Random, story: ClientStory) -> str | None:
    lost = a_loss(random, story)
    if lost is None:
        return None
    end, attempt = lost
    known = story.find(end.connection, "sent", "close") or end
    shift_after(story, end.stamp, known.earliest + FAST.reconnect_delay - MARGIN - attempt.latest)
    return "C-RECONNECT-FLOOR"


def comes_back_late(random: Random, story: ClientStory) -> str | None:
    lost = a_loss(random, story)
    if lost is None:
        return None
    end, attempt = lost
    if not is_first(story, end.connection):
        return None
    shift_after(
        story, end.stamp, end.latest + FIRST_DELAY + FAST.tolerance + MARGIN - attempt.earliest
    )
    return "C-RECONNECT-CEILING"


def waits_beyond_the_cap(random: Random, story: ClientStory) -> str | None:
    """A failed attempt is followed by another one too late."""
    if is_late(story):
        return None
    for number in met_with(story, "refused", plan_b=True):
        end, attempt = story.find(number, "ended"), story.find(number + 1, "opening")
        if end is not None and attempt is not None and not told_between(story, end, attempt):
            due = end.latest + FAST.reconnect_cap + FAST.tolerance + MARGIN
            shift_after(story, end.stamp, due - attempt.earliest)
            return "C-BACKOFF"
    return None


def waits_too_long_for_an_answer(random: Random, story: ClientStory) -> str | None:
    if is_late(story):
        return None
    for number in met_with(story, "unanswered attempt", plan_b=True):
        asked, refused = story.find(number, "requested"), story.find(number, "refused")
        if asked is not None and refused is not None:
            due = asked.latest + FAST.reconnect_cap + FAST.tolerance + MARGIN
            shift_after(story, asked.stamp, due - refused.earliest)
            return "C-ANSWER-MISSING"
    return None


def does_not_return_to_the_first_delay(random: Random, story: ClientStory) -> str | None:
    """The wait after a long connection is longer than the first, when attempts failed before."""
    for end, attempt in losses(story):
        opened = story.find(end.connection, "opened")
        assert opened is not None
        lasted = end.earliest - opened.latest
        failed = story.rounds.get(end.connection - 1) == "refused"
        if failed and lasted > FAST.heartbeat_interval + FAST.tolerance + 2 * MARGIN:
            due = end.latest + FIRST_DELAY + FAST.tolerance + MARGIN
            shift_after(story, end.stamp, due - attempt.earliest)
            return "C-BACKOFF"
    return None


def connects_beside(random: Random, story: ClientStory) -> str | None:
    """The next attempt begins while the connection before it is still open."""
    lost = a_loss(random, story)
    if lost is None:
        return None
    end, attempt = lost
    known = story.find(end.connection, "sent", "close") or end
    opened = story.find(end.connection, "opened")
    assert opened is not None
    room = known.earliest - opened.latest
    if room < 4 * MARGIN:
        return None
    moment = known.earliest - 2 * MARGIN
    by = moment - attempt.latest
    for draft in story.drafts:
        later = draft.connection > end.connection or draft.connection == WHOLE_TRACE
        if later and draft.stamp > end.stamp:
            move(draft, by)
    return "C-RECONNECT-SINGLE"
