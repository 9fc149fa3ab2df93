"""Compliant traces with one thing altered, and the requirement that is then broken.

A mutation takes a story and returns the requirement that it breaks; None where the story gives no
occasion for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

from conformance.trace.event import Close, Ended
from tests.traces.notation import FAST
from tests.traces.story import (
    HEARTBEAT,
    PONG,
    Draft,
    Story,
    has_unanswered,
    has_witness,
    heartbeat_close,
    last_ping,
    leave_alone,
    may_be_answered,
    missing,
    move,
    owes,
    pick,
    pings,
    postpone,
    sure_replies,
)

Mutation = Callable[[Random, Story], str | None]


def drops_a_reply(random: Random, story: Story) -> str | None:
    """What was said before and after it is answered, so that it is certainly missing."""
    reply = pick(random, (r for r in sure_replies(story) if has_witness(story, r)))
    if reply is None:
        return None
    story.drafts.remove(reply)
    return missing(reply, story)


def doubles_a_reply(random: Random, story: Story) -> str | None:
    reply = pick(random, (r for r in sure_replies(story) if has_witness(story, r)))
    if reply is None:
        return None
    story.drafts.insert(story.drafts.index(reply) + 1, replace(reply))
    return "S-PONG" if reply.content == PONG else "S-ECHO"


def adds_a_member(random: Random, story: Story) -> str | None:
    reply = pick(random, sure_replies(story))
    if reply is None:
        return None
    ping = reply.content == PONG
    reply.content = str(reply.content)[:-1] + ',"at":1}'
    return "S-PONG-FORM" if ping else "S-ECHO-FORM"


def alters_the_data(random: Random, story: Story) -> str | None:
    found = (r for r in sure_replies(story) if r.content != PONG)
    reply = pick(random, found)
    if reply is None:
        return None
    data = json.loads(str(reply.content))["data"]
    reply.content = json.dumps({"type": "echo", "data": [data, "altered"]})
    return "S-ECHO-DATA"


def garbles_a_reply(random: Random, story: Story) -> str | None:
    reply = pick(random, sure_replies(story))
    if reply is None:
        return None
    reply.content = random.choice(['{"type":"echo","data":NaN}', "{'a':1}", '{"type":"error"}', ""])
    return "S-VALID-OUTPUT"


def answers_what_is_to_be_ignored(random: Random, story: Story) -> str | None:
    """A reply in its place: after those of all before it, and before those of all after it."""
    said = [d for d in story.drafts if d.kind == "sent" and d.is_message]
    texts = [d.content for d in said]
    answered = [reply.answers for reply in sure_replies(story)]
    for draft in said:
        mine = [d for d in said if d.connection == draft.connection]
        before, following = mine[: mine.index(draft)], mine[mine.index(draft) + 1 :]
        if (
            any(not owes(d) for d in before[-1:])
            or draft in answered
            or owes(draft)
            or texts.count(draft.content) > 1
        ):
            continue
        at_once = following and following[0].stamp == draft.stamp
        if may_be_answered(draft) or not at_once or following[0] not in answered:
            continue
        reply = next(r for r in sure_replies(story) if r.answers is following[0])
        surplus = replace(reply, content='{"type":"error"}', answers=draft)
        story.drafts.insert(story.drafts.index(reply), surplus)
        return "S-BINARY" if isinstance(draft.content, bytes) else "S-IGNORE-NOT-JSON"
    return None


def greets(random: Random, story: Story) -> str | None:
    """A message right after the handshake, before anything was said."""
    opened = pick(random, (d for d in story.drafts if d.kind == "opened"))
    if opened is None:
        return None
    story.drafts.insert(
        story.drafts.index(opened) + 1,
        replace(opened, kind="received", opcode="text", content='{"type":"welcome"}'),
    )
    return "S-QUIET"


def swaps_two_replies(random: Random, story: Story) -> str | None:
    """Two neighbours whose messages were both under way when the first was answered."""
    for number in story.manners:
        replies = [r for r in sure_replies(story) if r.connection == number]
        for one, other in pairwise(replies):
            assert one.answers is not None
            assert other.answers is not None
            under_way = other.answers.latest < one.earliest
            if one.content != other.content and under_way:
                one.content, other.content = other.content, one.content
                return "S-ORDER"
    return None


def dawdles(random: Random, story: Story) -> str | None:
    """The last reply of a connection comes after its deadline, while it is still open."""
    for number in story.manners:
        replies = [r for r in sure_replies(story) if r.connection == number]
        contents = [reply.content for reply in replies]
        if not replies or replies[-1].answers is None or contents.count(contents[-1]) > 1:
            continue
        due = replies[-1].answers.latest + FAST.reply_deadline + FAST.tolerance
        later = [d for d in story.of(number) if d.stamp > replies[-1].stamp]
        if all(d.latest > due + 0.2 for d in later):
            replies[-1].earliest, replies[-1].latest = due + 0.01, due + 0.02
            replies[-1].stamp = replies[-1].latest
            return "S-REPLY-SOON"
    return None


def closes_early(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_once",))
    if close is None:
        return None
    if not is_plain(story, close.connection) and not has_a_plain_one(story):
        return None
    move(story, close, last_ping(story, close).earliest + FAST.heartbeat_timeout - 0.05)
    return "S-TIMEOUT-EARLIEST" if is_plain(story, close.connection) else "S-REFRESH"


def has_a_plain_one(story: Story) -> bool:
    """Whether some connection shows the limit itself, with which special ones are compared."""
    return any(is_plain(story, number) for number in story.manners)


def is_plain(story: Story, connection: int) -> bool:
    """Whether a connection pings once, at once when it was opened, and does nothing more."""
    events = story.of(connection)
    opened = next((d for d in events if d.kind == "opened"), None)
    if opened is None or story.manners[connection] != "pings_once":
        return False
    said = [d for d in events if d.kind == "sent" and d.opcode != "close"]
    return len(said) == 1 and said[0].earliest - opened.latest <= FAST.tolerance


def closes_late(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_once",))
    if close is None:
        return None
    leave_alone(story, close.connection)
    move(story, close, last_ping(story, close).latest + FAST.latest_close + FAST.tolerance + 0.05)
    return "S-TIMEOUT-LATEST"


def never_closes(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_once",))
    if close is None:
        return None
    leave_alone(story, close.connection)
    due = last_ping(story, close).latest + FAST.latest_close + FAST.tolerance
    story.drafts = [
        d for d in story.drafts if d.connection != close.connection or d.stamp < close.stamp
    ]
    story.drafts.append(Draft(due + 0.1, close.connection, due + 0.09, due + 0.1, "silent"))
    return "S-TIMEOUT-LATEST"


def closes_early_what_never_pinged(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("never_pings",))
    if close is None:
        return None
    if not has_a_plain_one(story):
        return None
    opening = next(d for d in story.of(close.connection) if d.kind == "opening")
    move(story, close, opening.earliest + FAST.heartbeat_timeout - 0.05)
    return "S-CLOCK-START"


def closes_late_what_talks_on(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("talks_on",))
    if close is None or story.capabilities.inbound_liveness:
        return None
    leave_alone(story, close.connection)
    move(story, close, last_ping(story, close).latest + FAST.latest_close + FAST.tolerance + 0.05)
    return "S-ONLY-PINGS"


def closes_all_when_the_last_is_due(random: Random, story: Story) -> str | None:
    """One clock for all connections: who stopped earlier is closed with who stopped last."""
    closes = [d for d in story.drafts if d.content == HEARTBEAT and d.kind == "received"]
    alike = [d for d in closes if story.manners[d.connection] == "pings_once" and pings(story, d)]
    if len(alike) < 2 or any(d.kind == "late" for d in story.drafts):
        return None
    one, other = alike[:2]
    leave_alone(story, one.connection, other.connection)
    first, last = last_ping(story, one), last_ping(story, other)
    overdue = first.latest + FAST.latest_close + FAST.tolerance + 0.05
    checked = first.latest + FAST.check_interval + 0.05
    begun = [d for d in story.of(one.connection) if d.kind in ("opening", "opened")]
    also = [d for d in story.of(other.connection) if d.kind in ("opening", "opened")]
    postpone(story, other.connection, max(0.0, overdue - other.earliest, checked - last.earliest))
    # It is there when the first one falls silent.
    for draft, same in zip(also, begun, strict=True):
        draft.stamp, draft.earliest, draft.latest = same.stamp, same.earliest, same.latest
    move(story, one, other.latest)
    return "S-INDEPENDENT"


def forgets_all_pings_but_the_first(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_often",))
    if close is None:
        return None
    last = last_ping(story, close)
    answered = any(r.answers is last for r in sure_replies(story))
    if not answered or not has_a_plain_one(story):
        return None
    move(story, close, last.earliest + FAST.heartbeat_timeout - 0.05)
    return "S-REFRESH"


def closes_with_another_code(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_once", "pings_often", "never_pings"))
    if close is None or has_unanswered(story, close.connection):
        return None
    close.content = random.choice(
        [
            Close(1001, "heartbeat timeout"),
            Close(1000, "Heartbeat timeout"),
            Close(1000, ""),
            Close(None),
            Close(4000, "heartbeat timeout"),
        ]
    )
    return "S-TIMEOUT-CODE"


def aborts_instead_of_closing(random: Random, story: Story) -> str | None:
    close = heartbeat_close(random, story, ("pings_once", "pings_often", "never_pings"))
    if close is None or has_unanswered(story, close.connection):
        return None
    story.drafts = [
        d for d in story.drafts if d.connection != close.connection or d.stamp <= close.stamp
    ]
    close.kind, close.opcode, close.content = "ended", None, Ended(random.choice(["eof", "reset"]))
    return "S-TIMEOUT-CODE"


def selects_a_subprotocol(random: Random, story: Story) -> str | None:
    opened = pick(random, (d for d in story.drafts if d.kind == "opened"))
    if opened is None:
        return None
    opened.content = "chat"
    return "S-ACCEPT"


MUTATIONS: tuple[Mutation, ...] = (
    *(drops_a_reply, doubles_a_reply, adds_a_member, alters_the_data, garbles_a_reply),
    *(answers_what_is_to_be_ignored, greets, swaps_two_replies, dawdles),
    *(closes_early, closes_late, never_closes, closes_with_another_code, aborts_instead_of_closing),
    *(closes_early_what_never_pinged, closes_late_what_talks_on, forgets_all_pings_but_the_first),
    closes_all_when_the_last_is_due,
    selects_a_subprotocol,
)
