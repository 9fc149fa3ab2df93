"""Where a story gives an occasion to break something."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from conformance.trace.event import WHOLE_TRACE
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST
from tests.traces.story import PONG, Draft

MARGIN = 0.05
"""By how much (seconds) a bound is broken, at least."""


def met_with(story: ClientStory, *names: str, plan_b: bool = False) -> list[int]:
    """The connections that met with such a treatment; none where the server keeps the beat."""
    if story.capabilities.server_ping and not plan_b:
        return []
    return [number for number, name in sorted(story.rounds.items()) if name in names]


def not_talked_to(story: ClientStory) -> list[int]:
    """Those on which an answer can be an answer to pings and pongs alone."""
    return [number for number, name in story.rounds.items() if name != "talked to"]


def connections_in(story: ClientStory) -> list[int]:
    return [d.connection for d in story.drafts if d.kind == "opened"]


def texts_from(story: ClientStory) -> list[Draft]:
    return [d for d in story.drafts if d.kind == "received" and d.opcode == "text"]


def pings_on(story: ClientStory, number: int) -> list[Draft]:
    return [d for d in story.of(number) if d in texts_from(story) and d.content != PONG]


def is_late(story: ClientStory) -> bool:
    return any(draft.kind == "late" for draft in story.drafts)


def losses(story: ClientStory) -> Iterator[tuple[Draft, Draft]]:
    """The ends of connections by the harness, each with the attempt that followed in sight."""
    if is_late(story):
        return
    usual = ("kept", "cut short", "slowly answered", "talked to")
    for number in met_with(story, *usual, plan_b=True):
        end, attempt = story.find(number, "ended"), story.find(number + 1, "opening")
        if end is None or attempt is None or story.rounds[number + 1] == "speculation":
            continue
        if not told_between(story, end, attempt):
            yield end, attempt


def a_loss(random: Random, story: ClientStory) -> tuple[Draft, Draft] | None:
    found = list(losses(story))
    return random.choice(found) if found else None


def told_between(story: ClientStory, end: Draft, attempt: Draft) -> bool:
    return any(
        d.connection == WHOLE_TRACE and end.stamp <= d.stamp <= attempt.stamp for d in story.drafts
    )


def failed_before(story: ClientStory, number: int) -> bool:
    return any(
        story.rounds[before] in ("refused", "without TLS", "behind a door", "unanswered attempt")
        for before in story.rounds
        if before < number
    )


def was_short(story: ClientStory, number: int) -> bool:
    """Whether a connection was short, or nearly."""
    opened = story.find(number, "opened")
    assert opened is not None
    over = next((d for d in story.of(number) if d.opcode == "close" or d.kind == "ended"), opened)
    return over.earliest - opened.latest < FAST.heartbeat_interval + FAST.tolerance + MARGIN


def is_first(story: ClientStory, number: int) -> bool:
    """Whether no connection was short before this one, and no attempt failed."""
    shorter = (was_short(story, each) for each in connections_in(story) if each < number)
    return not any(shorter) and not failed_before(story, number)


def close_for_want_of_a_pong(story: ClientStory) -> Draft | None:
    """The Close of a client that gave up, in a story in which nothing else is delicate."""
    if is_late(story):
        return None
    for number in met_with(story, "given up"):
        close = story.find(number, "received", "close")
        sent = story.find(number, "sent", "close")
        if close is not None and (sent is None or sent.stamp > close.stamp):
            return close
    return None
