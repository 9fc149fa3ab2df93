"""Rules on pings and pongs (protocol.md: ping and pong)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Business, Ping
from conformance.messages.from_server import Foreign, Pong
from conformance.messages.json_text import NotJson, carries
from conformance.messages.limits import BURST
from conformance.rules.circumstances import NO_ANSWERS
from conformance.rules.ends import (
    or_else,
    or_for_another,
    or_of_many,
    perhaps_ended_for,
)
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.quoting import answered_with, in_frames, quoted, shown_by
from conformance.rules.rule import rule
from conformance.rules.server.findings.alike import (
    came_with_business,
    may_answer_binary,
    or_another_spelling,
    or_one_more,
)
from conformance.trace.event import Event


@rule("S-PING-FORM", not_applicable_when=NO_ANSWERS)
def a_ping_is_known_by_its_type_alone(evidence: Evidence) -> Iterator[Observation]:
    """Every spelling of a ping gets a pong, and what only resembles one gets its echo.

    Where a ping in the usual spelling, or the same text at another time, meets the opposite fate in
    the same trace, the spelling is not the cause and the fault is S-PONG's.
    """
    yield from perhaps_ended_for("S-PING-FORM", evidence)
    for connection, exchange in evidence.exchanges:
        if exchange.strain is not None:
            continue
        if isinstance(exchange.message, Ping) and not exchange.message.plain:
            if _has_pong(exchange):
                yield satisfied(exchange.stimulus, exchange.replies[0].event)
            elif not _is_lost(exchange, evidence) and not _pongs_fail(exchange, evidence):
                yield violated(
                    "A ping in another spelling was not recognised.",
                    *shown_by(exchange, connection),
                    expected=_pong_to(exchange),
                    actual=answered_with(exchange, connection),
                    provisional=exchange.has_to_show_twice,
                    among=or_else(exchange, connection) | or_of_many(exchange, connection),
                    by_chance=exchange.by_chance,
                )
        elif _is_no_ping(exchange):
            if _has_pong(exchange):
                yield violated(
                    "A message that is no ping was taken for one.",
                    *shown_by(exchange, connection),
                    expected=f'{{"type":"echo","data":{quoted(exchange.stimulus.content)}}}'
                    if exchange.owed == "echo"
                    else "anything but a pong",
                    actual=answered_with(exchange, connection),
                    among=_or_unasked(exchange) | or_one_more(exchange, connection),
                )
            elif (
                exchange.owed == "echo"
                and exchange.replies
                and "ping" in str(exchange.stimulus.content).lower()
            ):
                yield satisfied(exchange.stimulus, exchange.replies[0].event)
            elif _was_passed_over(exchange):
                yield satisfied(*shown_by(exchange, connection))


def _or_unasked(exchange: Exchange) -> frozenset[str]:
    """What explains the pong as well of a message that was echoed besides: it came unasked."""
    echoed = any(exchange.is_right(reply) for reply in exchange.replies)
    return frozenset({"S-QUIET"}) if echoed else frozenset()


def _is_no_ping(exchange: Exchange) -> bool:
    """Whether a message must not be taken for a ping: JSON, or text that is left open otherwise."""
    if isinstance(exchange.message, Business):
        return exchange.owed != "nothing" or not exchange.message.is_pong
    allowed = exchange.dialect.not_json
    is_left_open = not exchange.dialect.is_protocol and (allowed.free or allowed.answer)
    return isinstance(exchange.message, NotJson) and is_left_open


def _was_passed_over(exchange: Exchange) -> bool:
    """Whether a message got certainly no pong, in a dialect in which it need not be answered."""
    is_known = exchange.fate == "silent" and not exchange.waited_out
    return not exchange.dialect.is_protocol and is_known


@rule("S-PONG", not_applicable_when=NO_ANSWERS)
def exactly_one_pong_for_every_ping(evidence: Evidence) -> Iterator[Observation]:
    """Every ping is followed by one pong: not none, not two.

    That none came is shown by a later message that was answered, or by `reply_deadline` and
    `tolerance` passing. Pings lost in a burst are S-BURST's; a ping in another spelling that is
    not recognised is S-PING-FORM's.
    """
    yield from perhaps_ended_for("S-PONG", evidence)
    bursts = {id(exchange) for burst in _bursts(evidence) for _, exchange in burst}
    for connection, exchange in evidence.exchanges:
        if not isinstance(exchange.message, Ping):
            continue
        pongs = sum(isinstance(reply.answer, Pong) for reply in exchange.replies)
        if pongs and exchange.dialect.copied and not exchange.is_right(exchange.replies[0]):
            yield violated(
                "A pong does not carry what it has to copy from its ping.",
                *shown_by(exchange, connection),
                expected=_pong_to(exchange),
                actual=answered_with(exchange, connection),
                among=_or_copied_elsewhere(exchange, connection),
            )
        elif pongs == 1 and len(exchange.replies) == 1:
            yield satisfied(*shown_by(exchange, connection))
        elif pongs > 1 and (
            exchange.dialect.pong_unasked or may_answer_binary(exchange, connection)
        ):
            continue  # The further ones may have come without a ping.
        elif pongs > 1 and came_with_business(exchange, connection):
            yield undecidable(
                "Several pongs came where business was said with a ping: which of these was taken "
                "for one cannot be told.",
                *shown_by(exchange, connection),
                among=frozenset({"S-PING-FORM"}),
            )
        elif pongs > 1:
            yield violated(
                f"A ping was answered {_times(pongs)}.",
                *shown_by(exchange, connection),
                expected="exactly one pong",
                actual=answered_with(exchange, connection),
                among=or_for_another(exchange, connection) | or_one_more(exchange, connection),
            )
        elif (
            not _is_lost(exchange, evidence)
            and id(exchange) not in bursts
            and (exchange.message.plain or _pongs_fail(exchange, evidence))
        ):
            yield violated(
                f"A ping{in_frames(exchange, connection)} was not answered with a pong.",
                *shown_by(exchange, connection),
                expected="exactly one pong",
                actual=answered_with(exchange, connection),
                provisional=exchange.has_to_show_twice,
                among=or_else(exchange, connection)
                | or_of_many(exchange, connection)
                | or_another_spelling(exchange, connection),
                by_chance=exchange.by_chance,
            )


def _or_copied_elsewhere(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if a pong carries what was in a message that is no ping."""
    reply, form = exchange.replies[0], exchange.dialect.pong
    assert form is not None
    given = reply.answer.holes if isinstance(reply.answer, Pong) else {}
    whole = form.heard.whole_holes
    copied = any(
        all(
            carries(str(other.stimulus.said), each, is_word=name not in whole)
            for name, each in given.items()
        )
        for other in connection.exchanges
        if other.stimulus.n < reply.event.n and not isinstance(other.message, Ping)
    )
    return frozenset({"S-PING-FORM"}) if given and copied else frozenset()


@rule(
    "S-PONG-FORM",
    not_applicable_when={
        **NO_ANSWERS,
        "one spelling of a pong": "A pong of the dialect is one text: what differs is none.",
    },
)
def a_pong_has_the_member_type_alone(evidence: Evidence) -> Iterator[Observation]:
    """Every pong, asked for or not, is the object `{"type":"pong"}` and has no other members.

    One that is no answer to a ping shows only what is wrong with it: it may be what was said.
    """
    for connection, exchange in evidence.exchanges:
        for reply in exchange.replies:
            match reply.answer:
                case Pong("") if exchange.owed == "pong":
                    yield satisfied(reply.event)
                case Pong(fault) if fault:
                    yield violated(
                        f"A pong {_in_one_sentence(fault)}.",
                        *shown_by(exchange, connection),
                        expected=_pong_to(exchange),
                        actual=quoted(reply.event.content),
                    )


@rule("S-BURST", not_applicable_when=NO_ANSWERS)
def a_burst_of_pings_gets_as_many_pongs(evidence: Evidence) -> Iterator[Observation]:
    """Of 200 or more pings sent at once each has its pong.

    Judged where the same trace shows that pings sent one by one are answered before that.
    """
    for burst in _bursts(evidence):
        begins = burst[0][1].stimulus.n
        alone = [e for _, e in evidence.exchanges if e.is_plain_ping and e.stimulus.n < begins]
        if not alone or not all(_has_pong(exchange) for exchange in alone):
            continue
        missing = [pair for pair in burst if not pair[1].replies]
        lost = [pair for pair in missing if pair[1].fate != "open"]
        answered = len(burst) - len(missing)
        if not missing:
            yield satisfied(burst[0][1].stimulus, burst[-1][1].stimulus)
        elif lost:
            connection, first = lost[0]
            yield violated(
                f"Of {len(burst)} pings sent at once {len(missing)} got no answer.",
                burst[0][1].stimulus,
                *shown_by(first, connection),
                expected=f"{len(burst)} pongs",
                actual=f"{answered} pong{'' if answered == 1 else 's'}"
                + ("" if first.fate == "silent" else f", then {answered_with(first, connection)}"),
                provisional=first.has_to_show_twice,
                among=or_else(first, connection),
            )


def _bursts(evidence: Evidence) -> Iterator[list[tuple[Connection, Exchange]]]:
    """Runs of at least 200 pings on one connection, handed to the socket in one go."""
    for connection in evidence.connections:
        if len(connection.pings) < BURST:
            continue
        run: list[tuple[Connection, Exchange]] = []
        before = None
        for exchange in connection.exchanges:
            if before is not None and not _in_one_go(before, exchange.stimulus):
                if len(run) >= BURST:
                    yield run
                run = []
            before = exchange.stimulus
            if isinstance(exchange.message, Ping):
                run.append((connection, exchange))
        if len(run) >= BURST:
            yield run


def _in_one_go(before: Event, after: Event) -> bool:
    """Whether two messages were handed to the socket together: nothing happened in between."""
    return after.latest == before.latest and after.n == before.n + 1


def _pongs_fail(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether a ping's missing pong is due to something else than its spelling."""
    return any(
        other.stimulus.content == exchange.stimulus.content
        if _has_pong(other)
        else other.is_plain_ping and other.fate != "open"
        for _, other in evidence.exchanges
    )


def _has_pong(exchange: Exchange) -> bool:
    return any(isinstance(reply.answer, Pong) for reply in exchange.replies)


def _is_lost(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether it is unknown what became of a message, or its reply is another rule's affair."""
    if exchange.fate == "open" or (exchange.fate == "silent" and evidence.is_slow):
        return True
    if not exchange.replies and exchange.strain is not None:
        return True
    return any(isinstance(reply.answer, Foreign) for reply in exchange.replies)


def _pong_to(exchange: Exchange) -> str:
    """The pong that a message has to get, or one that is right, where it is no ping."""
    asked = exchange.message.holes if isinstance(exchange.message, Ping) else {}
    return exchange.dialect.say_pong(asked)


def _in_one_sentence(fault: str) -> str:
    """What is wrong with a message, behind a name for it."""
    return fault.removeprefix("it ")


def _times(count: int) -> str:
    return {2: "twice", 3: "three times"}.get(count, f"{count} times")
