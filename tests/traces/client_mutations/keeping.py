"""A client that does not keep its connection, or keeps what it has to end or refuse."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from conformance.trace.event import Ended, Kind
from tests.traces.client_mutations.alteration import drop
from tests.traces.client_mutations.occasion import MARGIN, met_with, pings_on
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST
from tests.traces.story import PING, PONG, Draft

OPENING: tuple[tuple[Kind, str | None], ...] = (
    ("opening", None),
    ("requested", "GET / HTTP/1.1"),
    ("opened", None),
)


def connects_after_its_own_close(random: Random, story: ClientStory) -> str | None:
    asked = next((d for d in story.drafts if d.kind == "asked"), None)
    if asked is None:
        return None
    last = max(story.drafts, key=lambda draft: draft.stamp)
    number = max(d.connection for d in story.drafts) + 1
    at = max(last.stamp, asked.stamp) + FAST.reconnect_delay
    story.drafts = [d for d in story.drafts if d.kind not in ("exited",)]
    for place, (kind, content) in enumerate(OPENING):
        moment = at + place / 100
        draft = Draft(moment, number, moment - 0.001, moment, kind, content=content)
        story.drafts.append(draft)
    return "C-CLOSE-FINAL"


def exits_without_a_close(random: Random, story: ClientStory) -> str | None:
    for number in met_with(story, "told to end", plan_b=True):
        close = story.find(number, "received", "close")
        if close is not None:
            gone = {id(close), *(id(d) for d in story.of(number) if d.stamp > close.stamp)}
            story.drafts = [d for d in story.drafts if id(d) not in gone]
            ended = replace(close, kind="ended", opcode=None, content=Ended("eof"))
            story.drafts.append(ended)
            return "C-CLOSE-ON-EXIT"
    return None


def dies_of_a_message(random: Random, story: ClientStory) -> str | None:
    for number in met_with(story, "talked to"):
        said = [d for d in story.of(number) if d.kind == "sent" and d.opcode != "close"]
        noise = [d for d in said if d.content not in (PONG, PING)]
        if noise:
            first = noise[0]
            story.cut(first.stamp)
            drop(story, number, first.latest + 0.01)
            return "C-TOLERATE"
    return None


def stops_its_heart_after_a_message(random: Random, story: ClientStory) -> str | None:
    """No ping comes after the last message, though two more were due."""
    for number in met_with(story, "talked to"):
        mine = story.of(number)
        noise = [d for d in mine if d.kind == "sent" and not d.answers and d.opcode != "close"]
        opened = story.find(number, "opened")
        if not noise or opened is None:
            continue
        kept = [each for each in met_with(story, "kept") if each < number]
        if not any(len(pings_on(story, each)) > 1 for each in kept):
            continue
        since = noise[-1].stamp
        story.cut(since)
        until = since + 2 * FAST.longest_gap + FAST.tolerance + 2 * MARGIN
        story.drafts.append(Draft(until, number, until - 0.001, until, "silent"))
        return "C-TOLERATE"
    return None


def leaves_what_is_well(random: Random, story: ClientStory) -> str | None:
    for number in met_with(story, "kept"):
        pongs = [d for d in story.of(number) if d.kind == "sent" and d.content == PONG]
        if pongs:
            pong = random.choice(pongs)
            story.cut(pong.stamp)
            drop(story, number, pong.latest + 0.02)
            return "C-STAY"
    return None


def trusts_a_bad_certificate(random: Random, story: ClientStory) -> str | None:
    for number in met_with(story, "without TLS", plan_b=True):
        opening = story.find(number, "opening")
        assert opening is not None
        asked = replace(opening, kind="requested", content="GET / HTTP/1.1")
        story.drafts.insert(story.drafts.index(opening) + 1, asked)
        return "C-TLS-VERIFY"
    return None
