"""What is altered in a story: something forgotten, added, or moved in time."""

from __future__ import annotations

from conformance.trace.event import WHOLE_TRACE, Ended, Kind
from tests.traces.client_story import ClientStory
from tests.traces.story import PING, PONG, Draft


def forget(story: ClientStory, ping: Draft) -> None:
    story.drafts = [d for d in story.drafts if d is not ping and d.answers is not ping]


def insert_ping(story: ClientStory, one: Draft, other: Draft) -> None:
    """A ping in the middle between two, and its pong."""
    at = (one.latest + other.earliest) / 2
    ping = Draft(at, one.connection, at - 0.001, at, "received", "text", PING)
    pong = Draft(at, one.connection, at, at + 0.0001, "sent", "text", PONG, ping)
    story.drafts += [ping, pong]


def move(draft: Draft, by: float) -> None:
    draft.stamp += by
    draft.earliest += by
    draft.latest += by


def shift_after(story: ClientStory, after: float, by: float) -> None:
    """Let all that happened after a moment happen earlier, or later."""
    for draft in story.drafts:
        if draft.stamp > after:
            move(draft, by)


def tell(story: ClientStory, at: float, kind: Kind, content: str | None = None) -> None:
    story.drafts.append(Draft(at, WHOLE_TRACE, at - 0.001, at, kind, content=content))


def drop(story: ClientStory, number: int, at: float) -> None:
    """The client drops a connection."""
    story.drafts.append(Draft(at + 0.001, number, at, at + 0.001, "ended", content=Ended("eof")))
