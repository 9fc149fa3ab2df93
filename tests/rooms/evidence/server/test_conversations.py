"""Conversations of any shape are paired perfectly; one fault in them is blamed on one message."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from conformance.evidence.server.exchange import Matching
from conformance.evidence.server.matching import match_replies
from conformance.messages.from_client import Binary, Ping
from conformance.messages.json_text import NotJson
from conformance.scenarios import message_strategies as strategies
from conformance.trace.event import Event
from conformance.trace.trace import Capabilities
from spec.dialect.shipped import protocol
from tests.spoken import message
from tests.traces.effort import examples
from tests.traces.notation import FAST, trace_of, trace_with, violations

PATIENCE = FAST.reply_deadline + FAST.tolerance
PLAIN = '{"type":"ping"}'
PONG = '{"type":"pong"}'

said = st.one_of(
    st.just(PLAIN),
    strategies.pings(),
    strategies.near_pings(),
    strategies.spellings(strategies.values(1)),
    st.sampled_from(["0", "0", "[]", '{"type":"pong"}']),
    strategies.texts_that_are_not_json(),
    strategies.binaries(),
)


@dataclass(frozen=True)
class Conversation:
    """What was said and heard on one connection; `owner[n]` said what `heard[n]` answers."""

    said: tuple[Event, ...]
    heard: tuple[Event, ...]
    owner: tuple[int, ...]

    def matched(self) -> Matching:
        return match_replies(self.said, self.heard, Capabilities(), protocol(), PATIENCE)

    def violated(self) -> dict[str, set[int]]:
        """The requirements violated, and which messages are blamed for it."""
        position = {event.n: number for number, event in enumerate(self.said)}
        events = sorted((*self.said, *self.heard), key=lambda event: event.n)
        renumbered = {event.n: n for n, event in enumerate(events)}
        back = {n: event for event, n in renumbered.items()}
        trace = trace_with(tuple(replace(e, n=renumbered[e.n]) for e in events))
        return {
            name: {position.get(back[each.events[0]], -1) for each in seen}
            for name, seen in violations(trace).items()
        }


def reply_to(content: str | bytes) -> str | None:
    """What a compliant server answers, said without the engine's help where that is easy."""
    if not isinstance(content, str) or isinstance(message(content), NotJson):
        return None
    value = json.loads(content)
    if isinstance(value, dict) and value.get("type") == "ping":
        return PONG
    return json.dumps({"type": "echo", "data": value})


def as_said(content: str | bytes, n: int, at: float) -> Event:
    opcode = "binary" if isinstance(content, bytes) else "text"
    return Event(n, 1, at, at + 0.0001, "sent", "text" if opcode == "text" else "binary", content)


@composite
def conversations(draw: DrawFn, of: st.SearchStrategy[str | bytes] = said) -> Conversation:
    """Messages in batches; replies in order, in batches of their own, under way or not."""
    at, n = 0.0, 0
    told: list[Event] = []
    heard: list[Event] = []
    owner: list[int] = []
    waiting: list[tuple[int, str, float]] = []
    for batch in draw(st.lists(st.lists(of, min_size=1, max_size=5), min_size=1, max_size=5)):
        for content in batch:
            if (reply := reply_to(content)) is not None:
                waiting.append((len(told), reply, at))
            told.append(as_said(content, n, at))
            n += 1
        at += draw(st.floats(0.001, PATIENCE / 8))
        ready = draw(st.integers(0, len(waiting)))
        if waiting and at - waiting[0][2] > PATIENCE / 2:
            ready = len(waiting)
        for number, reply, _ in waiting[:ready]:
            heard.append(Event(n, 1, at - 0.0005, at, "received", "text", reply))
            owner.append(number)
            n += 1
        del waiting[:ready]
    for number, reply, _ in waiting:
        heard.append(Event(n, 1, at - 0.0005, at + 0.01, "received", "text", reply))
        owner.append(number)
        n += 1
    return Conversation(tuple(told), tuple(heard), tuple(owner))


@composite
def witnessed(draw: DrawFn) -> tuple[Conversation, int]:
    """A conversation with a witness, unlike all else, on both sides of every message.

    The number is that of one of the messages between them that got a reply.
    """
    inner = draw(st.lists(said, min_size=1, max_size=6))
    contents: list[str | bytes] = ['{"witness":"0."}']
    for number, content in enumerate(inner, 1):
        contents += [content, f'{{"witness":"{number}."}}']
    told = tuple(as_said(content, n, 0.0) for n, content in enumerate(contents))
    replies = [(n, reply) for n, each in enumerate(contents) if (reply := reply_to(each))]
    heard = tuple(
        Event(len(told) + n, 1, 0.01, 0.02, "received", "text", reply)
        for n, (_, reply) in enumerate(replies)
    )
    answered = [n for n, _ in replies if n % 2]
    chosen = draw(st.sampled_from(answered)) if answered else 0
    return Conversation(told, heard, tuple(n for n, _ in replies)), chosen


@examples(400)
@given(conversations())
def test_a_compliant_conversation_is_paired_perfectly(conversation: Conversation) -> None:
    matching = conversation.matched()
    assert matching.unasked == ()
    found = {}
    for number, exchange in enumerate(matching.exchanges):
        assert not exchange.out_of_order
        for reply in exchange.replies:
            found[reply.event.n] = number
    wanted = {e.n: number for e, number in zip(conversation.heard, conversation.owner, strict=True)}
    assert found == wanted
    assert conversation.violated() == {}


@examples(200)
@given(witnessed())
def test_a_reply_that_is_missing_is_blamed_on_its_message(drawn: tuple[Conversation, int]) -> None:
    conversation, chosen = drawn
    if not chosen:
        return
    heard = _without(conversation, chosen)
    assert replace(conversation, heard=heard).violated() == {
        _missing(conversation, chosen): {chosen}
    }


@examples(200)
@given(witnessed())
def test_a_reply_that_came_twice_is_blamed_on_its_message(drawn: tuple[Conversation, int]) -> None:
    conversation, chosen = drawn
    if not chosen:
        return
    place = conversation.owner.index(chosen)
    again = replace(conversation.heard[place], n=1000)
    heard = (*conversation.heard[: place + 1], again, *conversation.heard[place + 1 :])
    heard = tuple(replace(e, n=2000 + n) for n, e in enumerate(heard))
    ping = isinstance(message(str(conversation.said[chosen].content)), Ping)
    expected = {"S-PONG" if ping else "S-ECHO": {chosen}}
    assert replace(conversation, heard=heard).violated() == expected


@examples(200)
@given(witnessed(), st.sampled_from(["{}", "echo", '{"type":"pong","a":1}', "b"]))
def test_a_reply_to_what_gets_none_is_blamed_on_that(
    drawn: tuple[Conversation, int], surplus: str
) -> None:
    conversation, _ = drawn
    for chosen in range(1, len(conversation.said), 2):
        read = message(conversation.said[chosen].said)
        if not isinstance(read, NotJson | Binary):
            continue
        place = next(n for n, owner in enumerate(conversation.owner) if owner > chosen)
        late = replace(conversation.heard[place], content=surplus)
        heard = (*conversation.heard[:place], late, *conversation.heard[place:])
        heard = tuple(replace(e, n=2000 + n) for n, e in enumerate(heard))
        fault = "S-BINARY" if isinstance(read, Binary) else "S-IGNORE-NOT-JSON"
        if _is_repeated(conversation, chosen):
            continue
        broken = replace(conversation, heard=heard).violated()
        assert broken.pop(fault, None) == {chosen}
        assert broken.keys() <= {"S-PONG-FORM"}


@examples(200)
@given(witnessed())
def test_other_data_in_an_echo_is_blamed_on_its_message(drawn: tuple[Conversation, int]) -> None:
    conversation, chosen = drawn
    if not chosen:
        return
    place = conversation.owner.index(chosen)
    reply = json.loads(str(conversation.heard[place].content))
    if reply["type"] == "pong":
        return
    altered = json.dumps({"type": "echo", "data": [reply["data"], "altered"]})
    heard = list(conversation.heard)
    heard[place] = replace(heard[place], content=altered)
    broken = replace(conversation, heard=tuple(heard)).violated()
    assert broken == {"S-ECHO-DATA": {chosen}}


def _without(conversation: Conversation, chosen: int) -> tuple[Event, ...]:
    return tuple(
        event
        for event, owner in zip(conversation.heard, conversation.owner, strict=True)
        if owner != chosen
    )


def _missing(conversation: Conversation, chosen: int) -> str:
    read = message(str(conversation.said[chosen].content))
    if not isinstance(read, Ping):
        return "S-ECHO"
    return "S-PONG" if read.plain or _is_repeated(conversation, chosen) else "S-PING-FORM"


def _is_repeated(conversation: Conversation, chosen: int) -> bool:
    """Whether the same was said again and met another fate: then its text is not the cause."""
    return [e.content for e in conversation.said].count(conversation.said[chosen].content) > 1


@pytest.mark.parametrize(
    ("said", "answered", "broken"),
    [
        ("binary 00", "close 1003", False),
        ("binary 00", "close 1002", True),
        ('{"a":1}', "close 1003", True),
    ],
)
def test_a_close_for_a_message_may_cross_the_client_s(
    said: str, answered: str, broken: bool
) -> None:
    trace = trace_of(
        f"0.0 opening\n0.01 opened\n0.1 > {said}\n0.101 > close 1000\n0.102 < {answered}\n"
        "0.11 ended eof"
    )
    assert ("S-CONTROL" in violations(trace)) == broken
