"""The probe: is there a server at all, and does it answer anything?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from conformance.messages.json_text import holds, value_of
from conformance.targets.printable import printable
from conformance.targets.server import Target
from conformance.trace.event import NO_PRELUDE, Close
from conformance.trace.trace import Trace
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Recorder
from conformance.wire.server.demands import demands, may_demand
from conformance.wire.server.dial import Dial
from spec.dialect.form import Form

TOKEN = "wsbeat-probe"


FIRST_WORDS = f'{{"probe":"{TOKEN}"}}'


class Unreachable(Exception):
    """No WebSocket connection to the target came about; the text says in a sentence why."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a server answers: pings with something like a pong, business with something like it."""

    pong: bool
    echo: bool

    @property
    def any(self) -> bool:
        return self.pong or self.echo

    def suffice(self, *, is_echo_due: bool) -> bool:
        """Whether all came that is due: of another dialect than the protocol's, a pong is."""
        return self.pong and (self.echo or not is_echo_due)


HINTS: Mapping[int | None, str] = {
    HTTPStatus.UNAUTHORIZED: " If it wants to know who asks: --header 'Authorization: ...'.",
    HTTPStatus.FORBIDDEN: (
        " Is {path} the path of its WebSocket? (Starlette and FastAPI refuse any other so.) "
        "If it wants to know who asks: --header 'NAME: VALUE'."
    ),
    HTTPStatus.NOT_FOUND: " Is {path} the path of its WebSocket?",
}
"""What to look at first, by the status of a refusal."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of the probe: what is answered, by the target with all that it demands.

    `trace` shows the demand, where there is one.
    """

    answers: Answers
    target: Target
    trace: Trace | None = None


async def probe(dial: Dial) -> Probed:
    """Connect, ping and say something; raises Unreachable when there is no connection.

    A server that answers nothing takes as long as `Dial.patience`. One that refuses the handshake,
    or closes at once, is asked again with what it may demand.
    """
    try:
        answers, closed = await _answers(dial)
    except HandshakeRefused as refused:
        if not may_demand(refused.refusal):
            raise _unreachable(dial, refused.refusal.detail, refused.refusal.status) from None
        return await _with_demands(dial, refused.refusal.detail, refused.refusal.status)
    if answers.any or closed is None:
        return Probed(answers, dial.target)
    try:
        return await _with_demands(dial, closed)
    except Unreachable:
        return Probed(answers, dial.target)  # What it does has nothing to do with that.


async def _answers(dial: Dial) -> tuple[Answers, str | None]:
    """What is answered, and how the server closed the connection meanwhile, if it did."""
    async with dial() as peer:
        own, by = peer.dialect.is_protocol, dial.after(dial.patience)
        if not peer.dialect.clients_are_answered:
            return Answers(await _beats(dial, peer), echo=False), None
        await peer.ping()
        if own:
            await peer.say(FIRST_WORDS)
        while not (answers := _answers_in(dial.recorder)).suffice(is_echo_due=own):
            if not await peer.hear_until(peer.heard.messages + 1, by):
                break
        return answers, _closed(dial.recorder) if peer.over else None


async def _beats(dial: Dial, peer: Peer) -> bool:
    """Whether a server whose clients get no answers is at work: it said something, or it pings.

    Where it need not say anything, it is enough that the connection came about.
    """
    dialect = peer.dialect
    if any(each.by == "server" and not each.optional for each in dialect.prelude):
        return True
    if not dialect.server_pings or dialect.server_next == "free":
        return True
    timing = dial.target.timing
    return await peer.hear_pings(1, by=dial.after(timing.longest_gap + dial.patience))


def _answers_in(recorder: Recorder) -> Answers:
    heard = [event.content for event in recorder.events if event.kind == "received"]
    texts = [text for text in heard if isinstance(text, str)]
    echo = any(holds(text, TOKEN) for text in texts) and not _is_parrot(recorder)
    pong = recorder.heading.dialect.pong
    ponged = pong is not None and any(_seems_to_be(pong, text) for text in texts)
    return Answers(ponged, echo)


def _seems_to_be(form: Form, text: str) -> bool:
    """Whether a text is something like a message of a form, though it may be a wrong one."""
    if form.words:
        return all(holds(text, word) for word in form.words)
    return form.resembles(text, value_of(text)) is not None


async def _with_demands(dial: Dial, detail: str, status: int | None = None) -> Probed:
    """The same with whatever the server may demand, until it answers; raises Unreachable."""
    recorder = Recorder(dial.recorder.heading, dial.clock.now())
    shown, told = replace(dial, recorder=recorder, start=recorder.origin), []
    with suppress(HandshakeRefused):
        async with shown() as peer:
            await peer.ended(by=dial.after(dial.settling))
    for demand in demands(dial.target):
        told.append(demand.what)
        try:
            answers, closed = await _answers(replace(shown, target=demand.target))
        except HandshakeRefused:
            continue
        if closed is not None and not answers.any:
            continue
        if demand.advice:
            advice = demand.advice.format(_selected(recorder) or "NAME")
            why = f"{detail}; but it takes one that {demand.what}: {advice}"
            raise _unreachable(dial, why)
        return Probed(answers, demand.target, recorder.trace())
    tried = f", and takes none that {' or '.join(told)} either" if told else ""
    raise _unreachable(dial, f"{detail}{tried}", status)


def _unreachable(dial: Dial, why: str, status: int | None = None) -> Unreachable:
    hint = HINTS.get(status, "").format(path=urlsplit(dial.target.url).path or "/")
    shown = printable(dial.target.shown)
    what = "heartbeats with" if why.startswith(NO_PRELUDE) else "WebSocket connection to"
    return Unreachable(f"No {what} {shown}: {printable(why)}.{printable(hint)}")


def _closed(recorder: Recorder) -> str | None:
    """How the server ended a connection, in words."""
    for event in recorder.events:
        if event.kind == "received" and isinstance(event.content, Close):
            return f"it was closed at once with {event.content}"
    return None


def _selected(recorder: Recorder) -> str | None:
    """The subprotocol that the server selected last."""
    opened = (event.content for event in recorder.events if event.kind == "opened")
    return next((name for name in reversed(list(opened)) if isinstance(name, str)), None)


def _is_parrot(recorder: Recorder) -> bool:
    """Whether all that came with the token is what was said, and so no answer to it."""
    heard = [event.content for event in recorder.events if event.kind == "received"]
    return all(
        text == FIRST_WORDS for text in heard if isinstance(text, str) and holds(text, TOKEN)
    )
