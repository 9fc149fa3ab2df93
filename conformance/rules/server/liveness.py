"""Rules on the heartbeat clock of a server (protocol.md: liveness)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.kept import answers_after, was_kept_by_answers, was_mistaken
from conformance.evidence.server.silence import Manner, Silence, silences_of
from conformance.rules.circumstances import NO_PINGS_OF_CLIENTS, NO_TIMEOUT
from conformance.rules.observation import Observation, satisfied
from conformance.rules.rule import rule
from conformance.rules.server.findings.silence import (
    EARLY_ANYHOW,
    LATE_ANYHOW,
    closed_early,
    closed_late,
    does_not_share_its_fault,
    may_share_its_fault,
    named_traffic,
    not_sure,
    or_torn_away,
)

NOT_IN_TIME = "A silent connection was not closed in time."


@rule("S-TIMEOUT-EARLIEST", not_applicable_when=NO_TIMEOUT)
def no_heartbeat_close_before_the_limit(evidence: Evidence) -> Iterator[Observation]:
    """The time from the last ping, or the handshake, to the close is at least `heartbeat_timeout`.

    A close or an end of the connection that nothing else explains counts as a heartbeat close.
    Measured from before the ping was handed to the socket until the close was read, without
    tolerance; a ping whose pong had not come may have crossed the close and does not count. An
    early close that only connections with a special history show belongs to S-CLOCK-START or, if
    it pinged again, or first a while after the handshake, to S-REFRESH.
    """
    silences = silences_of(evidence)
    shared = any(silence.too_early for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.deviation == "perhaps early":
            yield not_sure(silence, evidence)
        elif silence.too_early and (shared or _shows_the_limit(silence)):
            early = closed_early(silence, evidence, "The server closed a connection too early.")
            others = _or_by_its_first_clock(silence) | or_torn_away(
                silence.departure, evidence, anyhow=True
            )
            yield replace(early, among=early.among | others)
        elif silence.departure is not None and not silence.too_early:
            yield satisfied(silence.since, silence.end)


@rule("S-TIMEOUT-LATEST", not_applicable_when=NO_TIMEOUT)
def the_heartbeat_close_comes_in_time(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection is closed by `heartbeat_timeout` + `check_interval` after its last ping.

    `tolerance` is added. A late close that only connections with a special history show belongs
    to S-CLOCK-START or S-ONLY-PINGS, one beside a dead peer to S-NO-QUEUE, and one after resets to
    S-SURVIVE. Where a connection that answers no control Pings is closed in time, and those beside
    it that do are not, it is for S-ONLY-PINGS too.
    """
    own: tuple[Manner, ...] = ("plain", "pinged again")
    if evidence.capabilities.inbound_liveness:
        own += ("talked on",)
    silences = silences_of(evidence)
    shared = any(silence.too_late for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.is_hampered:
            continue
        if silence.deviation == "perhaps late":
            yield not_sure(silence, evidence)
        elif was_kept_by_answers(silence, silences):
            continue
        elif silence.too_late and (shared or silence.manner in own):
            # One that is never closed may have the clock of others, which are not of this trace.
            others = frozenset({"S-INDEPENDENT"} if silence.deviation == "never" else ())
            yield closed_late(silence, evidence, NOT_IN_TIME, among=others)
        elif silence.deviation == "late" and silence.was_followed:
            yield closed_late(silence, evidence, NOT_IN_TIME, among=frozenset({"S-INDEPENDENT"}))
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)


@rule("S-CLOCK-START", not_applicable_when=NO_TIMEOUT)
def the_clock_starts_with_the_handshake(evidence: Evidence) -> Iterator[Observation]:
    """A connection that never pings is closed in the same window, counted from its handshake.

    Judged beside a connection that did ping: when that one deviates too, the limit is at fault. One
    that is closed late is held against a server only if it is not late elsewhere, too.
    """
    yield from _special(
        evidence,
        "never pinged",
        early="A connection that never pinged was closed too early.",
        late="A connection that never pinged was not closed in time.",
    )


@rule("S-REFRESH", not_applicable_when={**NO_TIMEOUT, **NO_PINGS_OF_CLIENTS})
def every_ping_restarts_the_clock(evidence: Evidence) -> Iterator[Observation]:
    """A connection that goes on pinging stays open, and after its last ping the limit runs anew.

    No finite run shows "every" ping. Shown are pings at `heartbeat_interval` for longer than
    a silent connection lives, and quick series of pings followed by silence, in many phases of the
    server's check. An early close is judged beside a plain connection: the limit may be at fault.
    """
    for connection in evidence.connections:
        if len(connection.pings) > 1 and connection.outlived_the_limit:
            yield satisfied(connection.pings[0], connection.pings[-1])
    silences = silences_of(evidence)
    plain = [silence for silence in silences if silence.manner == "plain"]
    for silence in silences:
        if silence.manner == "jumped":
            continue
        restarted = silence.connection.was_restarted and not _came_after_talk(silence)
        if silence.too_early and restarted and may_share_its_fault(plain):
            yield not_sure(silence, evidence)
        elif silence.too_early and restarted and does_not_share_its_fault(plain):
            early = closed_early(
                silence, evidence, "The server closed a connection in spite of its pings."
            )
            # A ping that comes when the close is due may meet it, in the server as on the way.
            late = _came_late(silence)
            yield replace(early, provisional=late, among=early.among | EARLY_ANYHOW)
        elif (
            silence.manner == "pinged again"
            and silence.departure is not None
            and silence.deviation is None
        ):
            yield satisfied(*silence.connection.pings, silence.end)


@rule("S-ONLY-PINGS", not_applicable_when=NO_TIMEOUT)
def nothing_but_pings_restarts_the_clock(evidence: Evidence) -> Iterator[Observation]:
    """Business messages, text that is not JSON, binary messages and control frames prolong nothing.

    Nor do fragments of a message that does not end, and control Pongs, asked for or not. A
    connection that talks on after its last ping is closed in the window of that ping, and one that
    has not pinged in that of its handshake. A close shows that only where it comes before the limit
    after the last message. One whose talk is taken for pings is for S-PING-FORM. Where the target
    declares `inbound_liveness`, it stays open, and the window begins with its last message.
    """
    if evidence.capabilities.inbound_liveness:
        yield from _every_message_restarts_the_clock(evidence)
        return
    silences = silences_of(evidence)
    shared = any(silence.outlasted for silence in silences if silence.manner == "plain")
    for silence in silences:
        if was_kept_by_answers(silence, silences):
            said = answers_after(silence)[0]
            yield closed_late(
                silence,
                evidence,
                "Traffic that is no ping kept a connection open: "
                f"{named_traffic(said, evidence.trace.dialect)} "
                "in answer to control Pings of the server.",
                said,
            )
        # What talks before it has pinged shows a server that counts its talk then, or has no clock.
        talks_first = silence.manner == "never pinged" and silence.too_late
        if silence.manner != "talked on" and not (talks_first and _may_be_for_its_talk(silence)):
            continue
        if silence.is_hampered:
            continue
        if silence.deviation == "perhaps late":
            yield not_sure(silence, evidence)
        elif silence.too_late and not shared and not was_mistaken(silence):
            said = silence.connection.talk_after(silence.since)[0]
            yield closed_late(
                silence,
                evidence,
                "Traffic that is no ping kept a connection open: "
                f"{named_traffic(said, evidence.trace.dialect)}.",
                said,
                among=LATE_ANYHOW | {"S-CLOCK-START"} if talks_first else LATE_ANYHOW,
            )
        elif silence.was_in_time and _would_be_open(silence):
            yield satisfied(silence.since, silence.end)


def _would_be_open(silence: Silence) -> bool:
    """Whether a clock that a message had restarted would still have run at the end.

    A message counts that was not on its way when the server closed.
    """
    end, timing = silence.end, silence.connection.timing
    return any(
        end.latest - said.earliest < timing.heartbeat_timeout
        and end.earliest - said.latest >= timing.reply_deadline
        for said in silence.connection.talk_after(silence.since)
    )


def _shows_the_limit(silence: Silence) -> bool:
    """Whether an early close that no plain connection shares is for S-TIMEOUT-EARLIEST."""
    if silence.manner == "jumped":
        return False
    pinged = bool(silence.connection.pings) and not silence.connection.was_restarted
    return pinged and not _came_after_talk(silence)


def _or_by_its_first_clock(silence: Silence) -> frozenset[str]:
    """What explains an early close as well: the handshake's clock had run out, as if none pinged.

    A server that lets the clock of the handshake run on closes so whoever pings soon after it.
    """
    opened, limit = silence.connection.opened, silence.connection.timing.heartbeat_timeout
    pinged = opened is not None and silence.since.n > opened.n
    ran_out = opened is not None and silence.end.latest - opened.earliest >= limit
    return frozenset({"S-REFRESH"} if pinged and ran_out else ())


def _came_late(silence: Silence) -> bool:
    """Whether the clock had run out when the last ping restarted it."""
    connection = silence.connection
    before = [restart for restart in connection.restarts if restart.n < silence.since.n]
    limit = connection.timing.heartbeat_timeout
    return bool(before) and silence.since.latest - before[-1].earliest >= limit


def _came_after_talk(silence: Silence) -> bool:
    """Whether a message that is no ping restarted the clock last, as `inbound_liveness` has it."""
    last = silence.since
    return last.kind != "opened" and last not in silence.connection.heartbeats


def _every_message_restarts_the_clock(evidence: Evidence) -> Iterator[Observation]:
    for connection in evidence.connections:
        if connection.opened is None or not connection.sent or not connection.outlived_the_limit:
            continue
        beat = connection.heartbeats[-1] if connection.heartbeats else connection.opened
        if (
            connection.watched_until - beat.latest
            > evidence.timing.latest_close + evidence.timing.tolerance
        ):
            yield satisfied(beat, connection.sent[-1])
    silences = silences_of(evidence)
    shared = any(silence.too_early for silence in silences if silence.manner == "plain")
    for silence in silences:
        if silence.manner != "talked on":
            continue
        if silence.deviation == "perhaps early":
            yield not_sure(silence, evidence)
        elif silence.too_early and _came_after_talk(silence) and not shared:
            shown = closed_early(
                silence,
                evidence,
                "The server closed a connection in spite of its messages: "
                f"{named_traffic(silence.since, evidence.trace.dialect)}.",
            )
            yield replace(shown, among=shown.among | EARLY_ANYHOW)
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)


def _may_be_for_its_talk(silence: Silence) -> bool:
    """Whether a late silence may be for what was said on it.

    Where a server looks often, or looks when that happens to be late, a message soon after the
    handshake makes it late. A connection on which nothing is said tells what the handshake does.
    """
    return bool(silence.connection.talk_after(silence.since))


def _special(evidence: Evidence, manner: Manner, early: str, late: str) -> Iterator[Observation]:
    silences = silences_of(evidence)
    plain = [silence for silence in silences if silence.manner == "plain"]
    shared_late = any(silence.outlasted for silence in plain)
    for silence in silences:
        if silence.manner != manner or silence.is_hampered:
            continue
        if silence.unsure or (silence.too_early and may_share_its_fault(plain)):
            yield not_sure(silence, evidence)
        elif silence.too_early and does_not_share_its_fault(plain):
            shown = closed_early(silence, evidence, early)
            yield replace(shown, among=shown.among | EARLY_ANYHOW)
        elif silence.too_late and not shared_late:
            if _may_be_for_its_talk(silence):
                continue
            yield closed_late(silence, evidence, late, among=LATE_ANYHOW)
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)
