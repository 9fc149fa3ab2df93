"""How a script tells whether what a server did wrong shows: by one of a few kinds of signs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from conformance.messages.from_client import Business, Ping, message
from conformance.messages.json_text import NotJson
from conformance.report.standalone.deeds import Deed
from conformance.report.standalone.literal import literal
from conformance.report.standalone.script import NotInAScript
from conformance.trace.event import Close, Ended, Event
from conformance.trace.trace import Trace
from conformance.verdict.finding import Finding

WINDOW = """\
    since = [t for t, n, what, _ in SEEN if (n, what) == ({first}, {anchor})][{index}]
    until = [t for t, n, what, _ in SEEN if (n, what) == ({last}, {awaited})][{place}:]
    took = (until or [float("inf")])[0] - since
    print(f"seen after {{took:.3f}} s; allowed is {least} to {most} s")
    return took {beyond}{more}"""

HEARTBEAT = 1000, "heartbeat timeout"
"""The close for want of heartbeats."""

PING = '{"type": "ping"}'
"""What comes unasked under Plan B."""

ABORTED = '(1006, "") in came'

VALUE = """\
def value(said):
    try: return json.dumps(json.loads(str(said), parse_int=float, parse_constant=int), sort_keys=1)
    except ValueError: return repr(said)
"""

REPLIES = """\
    came = [value(said) for _, *told, said in SEEN if told == [{connection}, "message"]{more}]
    print("came:", *came)
    return came != [{expected}]"""

CAME = """\
    came = [said for _, n, what, said in SEEN if (n, what) == ({connection}, {what})]
    print("came:", *came)
    return {sign}"""


def value(text: str) -> str:
    """A JSON text in one spelling, whatever its own, as the script has it."""
    return json.dumps(json.loads(text, parse_int=float), sort_keys=True)


def sign(finding: Finding, trace: Trace, deeds: Sequence[Deed]) -> str:
    """The function of the script that tells whether a finding shows."""
    first, last = finding.events[0], finding.events[-1]
    if finding.window is not None:
        if first.opcode == "close" and last.kind == "ended":
            raise NotInAScript("the TCP connection has to be watched when it is closed already")
        return _window(finding, trace, deeds)
    if last.kind == "broken":
        raise NotInAScript("what is no WebSocket any more is seen by no library")
    told = dict.fromkeys(("opened", "refused"), ("open", "came != [None]"))
    if last.kind in told:
        what, condition = told[last.kind]
        return CAME.format(connection=last.connection, what=repr(what), sign=condition)
    match last.content:
        case Close(code, reason) if last.kind == "received":
            close = code, reason
            if last.latest - deeds[0].at > trace.timing.heartbeat_timeout and close == HEARTBEAT:
                raise NotInAScript("a close shows it that is right at another moment")
            condition = f"({code}, {reason!a}) in came"
            return CAME.format(connection=last.connection, what='"close"', sign=condition)
        case Ended(_, _):
            return CAME.format(connection=last.connection, what='"close"', sign=ABORTED)
    own = [each for each in deeds if each.connection == last.connection]
    control = [each for each in own if each.verb == "ping"]
    if control and control[-1].n in {event.n for event in finding.events}:
        condition = f"{control[-1].said} not in came"
        return CAME.format(connection=last.connection, what='"pong"', sign=condition)
    expected = replies_to(trace, own)
    if expected is not None:
        written = ", ".join(literal(value(each)) for each in expected)
        more = f" and value(said) != {PING!r}" if trace.capabilities.server_ping else ""
        return REPLIES.format(connection=last.connection, more=more, expected=written)
    return _came(last, trace, finding)


def replies_to(trace: Trace, deeds: Sequence[Deed]) -> list[str] | None:
    """What a server has to answer, if that is certain of all it is told."""
    if not trace.capabilities.echo:
        return None
    is_plan_b, found = trace.capabilities.server_ping, list[str]()
    for content in (each.content for each in deeds if each.content is not None):
        match message(content, trace.dialect):
            case Ping() if not is_plan_b:
                found.append(trace.dialect.say_pong({}))
            case Business(is_pong=True) if is_plan_b:
                pass
            case Business() if isinstance(content, str):
                found.append(trace.dialect.say_echo(content))
            case NotJson():
                pass
            case _:
                return None
    return found


def _replies_at_the_end(finding: Finding) -> list[str | bytes]:
    """What a finding shows that came after all else: of several replies, the first may be wrong."""
    found: list[str | bytes] = []
    for event in reversed(finding.events):
        if event.kind != "received" or event.opcode not in ("text", "binary"):
            break
        found.insert(0, event.said)
    return list(dict.fromkeys(found))


def _came(last: Event, trace: Trace, finding: Finding) -> str:
    """That something came again, or that no more came again."""
    heard = [
        event
        for event in trace.by_connection[last.connection]
        if event.kind == "received" and event.opcode in ("text", "binary") and event.n <= last.n
    ]
    if last.kind == "received":
        content = last.content if isinstance(last.content, str | bytes) else ""
        is_plan_b = trace.capabilities.server_ping
        times = sum(each.content == content for each in heard) if is_plan_b else 1
        condition = f"came.count({literal(content)}) >= {times}"
        if isinstance(content, str) and re.search(r"\d{6}", content) and len(content) < LONG:
            condition = f"any(re.sub('[0-9]+', '0', str(each)) == {_masked(content)!a} "
            condition += "for each in came)"
        elif len(replies := _replies_at_the_end(finding)) > 1:
            condition = f"{{{', '.join(map(literal, replies))}}} <= {{*came}}"
    else:
        condition = f"len(came) <= {len(heard)}"
    return CAME.format(connection=last.connection, what='"message"', sign=condition)


LONG = 500
"""Of longer texts digits are taken for what is said."""


def _masked(text: str) -> str:
    return re.sub("[0-9]+", "0", text)


def _window(finding: Finding, trace: Trace, deeds: Sequence[Deed]) -> str:
    """That the time between two events lies between the bounds, or does not."""
    window, last = finding.window, finding.events[-1]
    assert window is not None
    middle = sum(window.observed) / 2
    moments = (*finding.events, *trace.by_connection[last.connection][:2])
    first = min(
        (event for event in moments if event.n < last.n),
        key=lambda event: abs(last.latest - event.latest - middle),
        default=last,
    )
    anchor, index = _place(first, trace, deeds)
    awaited, place = _place(last, trace, deeds)
    if anchor == "message" or "close" not in finding.expected.lower():
        awaited, place = "message", _messages_before(last, trace)
    answered = [
        event
        for event in trace.by_connection[first.connection]
        if event.kind == "received" and event.opcode == "text" and first.n < event.n < last.n
    ]
    came = 'SEEN if n == {} and what == "message" and since < t < since + took)'
    more = f" and any(t for t, n, what, _ in {came.format(first.connection)}"
    is_early = window.earliest is not None and window.observed[1] < window.earliest
    return WINDOW.format(
        first=first.connection,
        last=last.connection,
        anchor=repr(anchor),
        awaited=repr(awaited),
        index=index,
        place=place,
        more=more if is_early and answered and anchor == "deed" else "",
        least=f"{window.earliest or 0:.3f}",
        most="any" if window.latest is None else f"{window.latest:.3f}",
        beyond=f"< {window.earliest:.3f}" if is_early else f"> {window.latest:.3f}",
    )


def _messages_before(event: Event, trace: Trace) -> int:
    return sum(
        each.kind == "received" and each.opcode in ("text", "binary") and each.n < event.n
        for each in trace.by_connection[event.connection]
    )


def _place(event: Event, trace: Trace, deeds: Sequence[Deed]) -> tuple[str, int]:
    """What an event is called in the notes of the script, and how many of these come before it."""
    if event.kind == "received" and event.opcode in ("text", "binary"):
        return "message", _messages_before(event, trace)
    if event.kind in ("sent", "opening"):
        own = [each.n for each in deeds if each.connection == event.connection]
        return "deed", sum(n < event.n for n in own)
    if event.kind == "opened":
        return "open", 0
    return "close", 0
