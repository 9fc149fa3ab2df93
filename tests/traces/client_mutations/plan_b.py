"""A client that answers the pings of its server wrongly."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from tests.traces.client_mutations.occasion import met_with, not_talked_to, texts_from
from tests.traces.client_story import ClientStory
from tests.traces.story import PING, PONG, Draft


def does_not_answer_a_ping(random: Random, story: ClientStory) -> str | None:
    if not story.capabilities.server_ping:
        return None
    for number in met_with(story, "kept", "talked to", plan_b=True):
        pongs = [d for d in texts_from(story) if d.content == PONG and d.connection == number]
        if pongs:
            story.drafts.remove(random.choice(pongs))
            return "B-CLIENT-PONG"
    return None


def answers_a_ping_twice(random: Random, story: ClientStory) -> str | None:
    """On a connection on which the harness sent no pong that might have been answered."""
    if not story.capabilities.server_ping:
        return None
    for number in not_talked_to(story):
        mine = story.of(number)
        pongs = [d for d in mine if d.kind == "received" and d.content == PONG]
        if pongs and not any(d.kind == "sent" and d.content == PONG for d in mine):
            story.drafts.insert(story.drafts.index(pongs[-1]), replace(pongs[-1]))
            return "B-CLIENT-PONG"
    return None


def answers_a_pong(random: Random, story: ClientStory) -> str | None:
    """A pong after a pong of the harness that came when no ping waited for its answer."""
    if not story.capabilities.server_ping:
        return None
    for number in not_talked_to(story):
        waiting = 0
        for draft, following in pairwise(story.of(number)):
            waiting += (draft.kind, draft.content) == ("sent", PING)
            waiting -= (draft.kind, draft.content) == ("received", PONG)
            is_pong = (draft.kind, draft.content) == ("sent", PONG)
            if is_pong and not waiting and following.stamp - draft.stamp > 0.02:
                at = draft.latest + 0.01
                story.drafts.append(Draft(at, number, at - 0.001, at, "received", "text", PONG))
                return "B-NO-LOOP"
    return None
