"""Traces of a compliant client with one thing altered, and the requirement that is then broken.

A mutation takes a story and returns the requirement that it breaks; None where the story gives no
occasion for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random

from conformance.trace.event import WHOLE_TRACE, Close, Ended, Kind
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST
from tests.traces.story import PING, PONG, Draft

Mutation = Callable[[Random, ClientStory], str | None]

MARGIN = 0.05
FIRST_DELAY = FAST.reconnect_delay + FAST.reconnect_jitter


OPENING: tuple[tuple[Kind, str | None], ...] = (
    ("opening", None),
    ("requested", "GET / HTTP/1.1"),
    ("opened", None),
)


def adds_a_member_to_a_ping(random: Random, story: ClientStory) -> str | None:
    pings = [d for d in _heard(story) if d.content != PONG]
    if not pings:
        return None
    random.choice(pings).content = '{"type":"ping","id":1}'
    return "C-PING-FORM"


def pings_in_binary(random: Random, story: ClientStory) -> str | None:
    pings = [d for d in _heard(story) if d.content != PONG]
    if len(pings) < 2:
        return None
    ping = random.choice(pings)
    ping.opcode, ping.content = "binary", PING.encode()
    return "C-PING-FORM"


def never_pings(random: Random, story: ClientStory) -> str | None:
    """All pings of one connection are gone; it lasted long enough for one."""
    for number in () if _is_late(story) else _rounds(story, "kept", "slowly answered"):
        mine = story.of(number)
        opened = next(d for d in mine if d.kind == "opened")
        if mine[-1].stamp - opened.stamp > FAST.heartbeat_interval + FAST.tolerance + MARGIN:
            gone = _beats(story, number)
            story.drafts = [d for d in story.drafts if d not in gone and d.answers not in gone]
            return "C-PING-FIRST"
    return None


def skips_a_ping(random: Random, story: ClientStory) -> str | None:
    """One ping between two others is gone, with its pong, where all were answered at once."""
    for number in _rounds(story, "kept"):
        beats = _beats(story, number)
        if len(beats) >= 3:
            _forget(story, beats[1])
            return "C-PING-CADENCE"
    return None


def pings_in_between(random: Random, story: ClientStory) -> str | None:
    """Another ping within an interval of the first connection, where no attempt failed before."""
    first = min(_connections(story), default=None)
    if first is None or first not in _rounds(story, "kept") or _failed_before(story, first):
        return None
    beats = _beats(story, first)
    if len(beats) < 2:
        return None
    _insert_ping(story, beats[0], beats[1])
    return "C-PING-CADENCE"


def pings_in_between_after_a_reconnect(random: Random, story: ClientStory) -> str | None:
    """The same on a later connection, where an earlier one kept its interval."""
    kept = [n for n in _rounds(story, "kept") if len(_beats(story, n)) >= 2]
    if len(kept) < 2:
        return None
    beats = _beats(story, kept[1])
    _insert_ping(story, beats[0], beats[1])
    return "C-PING-SINGLE"


def skips_a_ping_when_pongs_are_slow(random: Random, story: ClientStory) -> str | None:
    if not any(len(_beats(story, n)) >= 2 for n in _rounds(story, "kept")):
        return None
    for number in _rounds(story, "slowly answered"):
        beats = _beats(story, number)
        if len(beats) >= 3:
            _forget(story, beats[1])
            return "C-PING-ALWAYS"
    return None


def never_comes_back(random: Random, story: ClientStory) -> str | None:
    lost = _lost(random, story)
    if lost is None or story.rounds[lost[0].connection] == "talked to":
        return None
    end, _ = lost
    if _was_short(story, end.connection) and not _is_first(story, end.connection):
        return None  # that is for C-BACKOFF, if waits have grown
    story.cut(end.stamp)
    until = end.stamp + FAST.reconnect_cap + FAST.tolerance + MARGIN
    _whole(story, until, "silent")
    return "C-RECONNECT"


def dies_with_its_connection(random: Random, story: ClientStory) -> str | None:
    lost = _lost(random, story)
    if lost is None or story.rounds[lost[0].connection] == "talked to":
        return None
    story.cut(lost[0].stamp)
    _whole(story, lost[0].stamp + MARGIN, "exited", "exit code 1")
    return "C-RECONNECT"


def comes_back_too_soon(random: Random, story: ClientStory) -> str | None:
    lost = _lost(random, story)
    if lost is None:
        return None
    end, attempt = lost
    known = story.find(end.connection, "sent", "close") or end
    _shift(story, end.stamp, known.earliest + FAST.reconnect_delay - MARGIN - attempt.latest)
    return "C-RECONNECT-FLOOR"


def comes_back_late(random: Random, story: ClientStory) -> str | None:
    lost = _lost(random, story)
    if lost is None:
        return None
    end, attempt = lost
    if not _is_first(story, end.connection):
        return None
    _shift(story, end.stamp, end.latest + FIRST_DELAY + FAST.tolerance + MARGIN - attempt.earliest)
    return "C-RECONNECT-CEILING"


def waits_beyond_the_cap(random: Random, story: ClientStory) -> str | None:
    """A failed attempt is followed by another one too late."""
    if _is_late(story):
        return None
    for number in _rounds(story, "refused", plan_b=True):
        end, attempt = story.find(number, "ended"), story.find(number + 1, "opening")
        if end is not None and attempt is not None and not _told_between(story, end, attempt):
            due = end.latest + FAST.reconnect_cap + FAST.tolerance + MARGIN
            _shift(story, end.stamp, due - attempt.earliest)
            return "C-BACKOFF"
    return None


def waits_too_long_for_an_answer(random: Random, story: ClientStory) -> str | None:
    if _is_late(story):
        return None
    for number in _rounds(story, "unanswered attempt", plan_b=True):
        asked, refused = story.find(number, "requested"), story.find(number, "refused")
        if asked is not None and refused is not None:
            due = asked.latest + FAST.reconnect_cap + FAST.tolerance + MARGIN
            _shift(story, asked.stamp, due - refused.earliest)
            return "C-ANSWER-MISSING"
    return None


def does_not_return_to_the_first_delay(random: Random, story: ClientStory) -> str | None:
    """The wait after a long connection is longer than the first, when attempts failed before."""
    for end, attempt in _all_lost(story):
        opened = story.find(end.connection, "opened")
        assert opened is not None
        lasted = end.earliest - opened.latest
        failed = story.rounds.get(end.connection - 1) == "refused"
        if failed and lasted > FAST.heartbeat_interval + FAST.tolerance + 2 * MARGIN:
            due = end.latest + FIRST_DELAY + FAST.tolerance + MARGIN
            _shift(story, end.stamp, due - attempt.earliest)
            return "C-BACKOFF"
    return None


def connects_beside(random: Random, story: ClientStory) -> str | None:
    """The next attempt begins while the connection before it is still open."""
    lost = _lost(random, story)
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
            _move(draft, by)
    return "C-RECONNECT-SINGLE"


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
    for number in _rounds(story, "told to end", plan_b=True):
        close = story.find(number, "received", "close")
        if close is not None:
            gone = {id(close), *(id(d) for d in story.of(number) if d.stamp > close.stamp)}
            story.drafts = [d for d in story.drafts if id(d) not in gone]
            ended = replace(close, kind="ended", opcode=None, content=Ended("eof"))
            story.drafts.append(ended)
            return "C-CLOSE-ON-EXIT"
    return None


def dies_of_a_message(random: Random, story: ClientStory) -> str | None:
    for number in _rounds(story, "talked to"):
        said = [d for d in story.of(number) if d.kind == "sent" and d.opcode != "close"]
        noise = [d for d in said if d.content not in (PONG, PING)]
        if noise:
            first = noise[0]
            story.cut(first.stamp)
            _end(story, number, first.latest + 0.01)
            return "C-TOLERATE"
    return None


def stops_its_heart_after_a_message(random: Random, story: ClientStory) -> str | None:
    """No ping comes after the last message, though two more were due."""
    for number in _rounds(story, "talked to"):
        mine = story.of(number)
        noise = [d for d in mine if d.kind == "sent" and not d.answers and d.opcode != "close"]
        opened = story.find(number, "opened")
        if not noise or opened is None:
            continue
        kept = [each for each in _rounds(story, "kept") if each < number]
        if not any(len(_beats(story, each)) > 1 for each in kept):
            continue
        since = noise[-1].stamp
        story.cut(since)
        until = since + 2 * FAST.longest_gap + FAST.tolerance + 2 * MARGIN
        story.drafts.append(Draft(until, number, until - 0.001, until, "silent"))
        return "C-TOLERATE"
    return None


def leaves_what_is_well(random: Random, story: ClientStory) -> str | None:
    for number in _rounds(story, "kept"):
        pongs = [d for d in story.of(number) if d.kind == "sent" and d.content == PONG]
        if pongs:
            pong = random.choice(pongs)
            story.cut(pong.stamp)
            _end(story, number, pong.latest + 0.02)
            return "C-STAY"
    return None


def gives_up_with_another_code(random: Random, story: ClientStory) -> str | None:
    close = _giving_up(story)
    if close is None:
        return None
    close.content = random.choice([Close(1000), Close(None), Close(3999), Close(1001)])
    return "C-PONG-MISSING"


def gives_up_too_soon(random: Random, story: ClientStory) -> str | None:
    close = _giving_up(story)
    if close is None:
        return None
    _shift(story, close.stamp - 0.0001, -0.15)
    return "C-PONG-MISSING"


def gives_up_too_late(random: Random, story: ClientStory) -> str | None:
    close = _giving_up(story)
    if close is None:
        return None
    ping = [d for d in _beats(story, close.connection) if d.stamp < close.stamp][-1]
    due = ping.latest + FAST.pong_timeout + FAST.tolerance + 0.02
    _shift(story, close.stamp - 0.0001, due - close.earliest)
    return "C-PONG-MISSING"


def trusts_a_bad_certificate(random: Random, story: ClientStory) -> str | None:
    for number in _rounds(story, "without TLS", plan_b=True):
        opening = story.find(number, "opening")
        assert opening is not None
        asked = replace(opening, kind="requested", content="GET / HTTP/1.1")
        story.drafts.insert(story.drafts.index(opening) + 1, asked)
        return "C-TLS-VERIFY"
    return None


def does_not_answer_a_ping(random: Random, story: ClientStory) -> str | None:
    if not story.capabilities.server_ping:
        return None
    for number in _rounds(story, "kept", "talked to", plan_b=True):
        pongs = [d for d in _heard(story) if d.content == PONG and d.connection == number]
        if pongs:
            story.drafts.remove(random.choice(pongs))
            return "B-CLIENT-PONG"
    return None


def answers_a_ping_twice(random: Random, story: ClientStory) -> str | None:
    """On a connection on which the harness sent no pong that might have been answered."""
    if not story.capabilities.server_ping:
        return None
    for number in _not_talked_to(story):
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
    for number in _not_talked_to(story):
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


MUTATIONS: tuple[Mutation, ...] = (
    *(adds_a_member_to_a_ping, pings_in_binary, never_pings, skips_a_ping, pings_in_between),
    *(pings_in_between_after_a_reconnect, skips_a_ping_when_pongs_are_slow),
    *(never_comes_back, dies_with_its_connection, comes_back_too_soon, comes_back_late),
    *(
        waits_beyond_the_cap,
        waits_too_long_for_an_answer,
        does_not_return_to_the_first_delay,
        connects_beside,
    ),
    *(connects_after_its_own_close, exits_without_a_close, dies_of_a_message),
    *(stops_its_heart_after_a_message, leaves_what_is_well, gives_up_with_another_code),
    *(gives_up_too_soon, gives_up_too_late, trusts_a_bad_certificate),
    *(does_not_answer_a_ping, answers_a_ping_twice, answers_a_pong),
)


def _rounds(story: ClientStory, *names: str, plan_b: bool = False) -> list[int]:
    """The connections that met with such a treatment; none where the server keeps the beat."""
    if story.capabilities.server_ping and not plan_b:
        return []
    return [number for number, name in sorted(story.rounds.items()) if name in names]


def _not_talked_to(story: ClientStory) -> list[int]:
    """Those on which an answer can be an answer to pings and pongs alone."""
    return [number for number, name in story.rounds.items() if name != "talked to"]


def _connections(story: ClientStory) -> list[int]:
    return [d.connection for d in story.drafts if d.kind == "opened"]


def _heard(story: ClientStory) -> list[Draft]:
    return [d for d in story.drafts if d.kind == "received" and d.opcode == "text"]


def _beats(story: ClientStory, number: int) -> list[Draft]:
    return [d for d in story.of(number) if d in _heard(story) and d.content != PONG]


def _forget(story: ClientStory, ping: Draft) -> None:
    story.drafts = [d for d in story.drafts if d is not ping and d.answers is not ping]


def _insert_ping(story: ClientStory, one: Draft, other: Draft) -> None:
    """A ping in the middle between two, and its pong."""
    at = (one.latest + other.earliest) / 2
    ping = Draft(at, one.connection, at - 0.001, at, "received", "text", PING)
    pong = Draft(at, one.connection, at, at + 0.0001, "sent", "text", PONG, ping)
    story.drafts += [ping, pong]


def _is_late(story: ClientStory) -> bool:
    return any(draft.kind == "late" for draft in story.drafts)


def _all_lost(story: ClientStory) -> Iterator[tuple[Draft, Draft]]:
    """The ends of connections by the harness, each with the attempt that followed in sight."""
    if _is_late(story):
        return
    usual = ("kept", "cut short", "slowly answered", "talked to")
    for number in _rounds(story, *usual, plan_b=True):
        end, attempt = story.find(number, "ended"), story.find(number + 1, "opening")
        if end is None or attempt is None or story.rounds[number + 1] == "speculation":
            continue
        if not _told_between(story, end, attempt):
            yield end, attempt


def _lost(random: Random, story: ClientStory) -> tuple[Draft, Draft] | None:
    found = list(_all_lost(story))
    return random.choice(found) if found else None


def _told_between(story: ClientStory, end: Draft, attempt: Draft) -> bool:
    return any(
        d.connection == WHOLE_TRACE and end.stamp <= d.stamp <= attempt.stamp for d in story.drafts
    )


def _failed_before(story: ClientStory, number: int) -> bool:
    return any(
        story.rounds[before] in ("refused", "without TLS", "behind a door", "unanswered attempt")
        for before in story.rounds
        if before < number
    )


def _was_short(story: ClientStory, number: int) -> bool:
    """Whether a connection was short, or nearly."""
    opened = story.find(number, "opened")
    assert opened is not None
    over = next((d for d in story.of(number) if d.opcode == "close" or d.kind == "ended"), opened)
    return over.earliest - opened.latest < FAST.heartbeat_interval + FAST.tolerance + MARGIN


def _is_first(story: ClientStory, number: int) -> bool:
    """Whether no connection was short before this one, and no attempt failed."""
    shorter = (_was_short(story, each) for each in _connections(story) if each < number)
    return not any(shorter) and not _failed_before(story, number)


def _giving_up(story: ClientStory) -> Draft | None:
    """The Close of a client that gave up, in a story in which nothing else is delicate."""
    if _is_late(story):
        return None
    for number in _rounds(story, "given up"):
        close = story.find(number, "received", "close")
        sent = story.find(number, "sent", "close")
        if close is not None and (sent is None or sent.stamp > close.stamp):
            return close
    return None


def _move(draft: Draft, by: float) -> None:
    draft.stamp += by
    draft.earliest += by
    draft.latest += by


def _shift(story: ClientStory, after: float, by: float) -> None:
    """Let all that happened after a moment happen earlier, or later."""
    for draft in story.drafts:
        if draft.stamp > after:
            _move(draft, by)


def _whole(story: ClientStory, at: float, kind: str, content: str | None = None) -> None:
    story.drafts.append(Draft(at, WHOLE_TRACE, at - 0.001, at, kind, content=content))  # type: ignore[arg-type]


def _end(story: ClientStory, number: int, at: float) -> None:
    """The client drops a connection."""
    story.drafts.append(Draft(at + 0.001, number, at, at + 0.001, "ended", content=Ended("eof")))
