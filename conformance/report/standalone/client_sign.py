"""How a script tells whether what a client did wrong shows."""

from __future__ import annotations

import re

from conformance.messages.from_client import is_ping, is_pong
from conformance.report.standalone.attempts import Told
from conformance.report.standalone.literal import literal
from conformance.report.standalone.script import NotInAScript
from conformance.trace.event import WHOLE_TRACE, Close, Event
from conformance.verdict.finding import SLOW_HANDSHAKE, Finding
from spec.dialect.shipped import protocol

EARLY = """\
        since, until = at{first}, at{last}
        print("seen after", until and round(until - since, 3), "s; allowed is from {least} s on")
        return until is not None and until - since < {least}"""

LATE = """\
        since, until, ended = at{first}, at{last}, at({number}, "close")
        print("seen after", until and round(until - since, 3), "s; allowed are up to {most} s")
        return until is None and ended is None or (until or ended) - since > {most}"""

ATTEMPTS = """\
        print(len(ENDS), "attempts to connect came")
        since = now() - at(len(ENDS), "came")
        return len(ENDS) <= {most} and since > {since:.2f}"""

CAME = """\
        came = [said for _, n, what, said in SEEN if (n, what) == ({number}, "{what}")]
        print("came:", *came)
        return {sign}"""

AFTER = """\
        after = [each[1:] for each in SEEN if each[2] == "{what}" and each[0] > at(0, "deed")]
        print("came after that:", *after)
        return bool(after)"""

BESIDE = """\
        ended, came = at({first}, "close"), at({last}, "came")
        print("attempt {first} ended:", ended, " attempt {last} came:", came)
        return came is not None and (ended is None or came < ended)"""


def sign(finding: Finding, told: Told) -> str:
    """The lines that tell whether a finding shows."""
    shown = sorted(finding.events, key=lambda event: event.n)
    last = shown[-1]
    if finding.window is not None:
        return _window(finding, told)
    asked = [event for event in shown if event.kind == "asked"]
    openings = [event for event in shown if event.kind == "opening"]
    if len(openings) > 1:
        first, second = map(told.number, openings[-2:])
        return BESIDE.format(first=first, last=second)
    ended = [
        event
        for event in shown
        if (event.kind == "ended" and told.is_of_the_client(event)) or event.opcode == "close"
    ]
    if asked and (last.kind in ("opening", "requested") or last.opcode == "text"):
        what = "message" if last.opcode == "text" else "came"
        return AFTER.format(what=what)
    own = [event for event in ended if told.is_of_the_client(event)]
    usual = protocol().say_pong({})
    is_usual = last.kind != "received" or last.opcode != "text" or last.content == usual
    if told.trace.capabilities.server_ping and "pong" in finding.expected and is_usual:
        return _pongs(told, shown)
    if own and last.n > own[-1].n and last.kind in ("silent", "ended") and last not in own:
        raise NotInAScript("a TCP connection has to be watched for that which is closed already")
    gone = last.kind == "exited" and not asked  # It closed, and is missed.
    if own and last.kind != "opening" and not gone:
        return CAME.format(number=told.number(own[-1]), what="close", sign=_close(own[-1]))
    if last.kind == "exited" or (last.kind == "silent" and last.connection == WHOLE_TRACE):
        before = {each.connection for each in told.trace.events if each.kind == "requested"}
        timing = told.trace.timing
        return ATTEMPTS.format(
            most=len(before & told.numbers.keys()),
            since=timing.reconnect_cap + timing.tolerance,
        )
    if last.kind == "received":
        return CAME.format(number=told.number(last), what="message", sign=_message(last))
    if last.kind == "silent" and asked:
        return CAME.format(number=told.number(last), what="close", sign="not came")
    if last.kind == "silent":
        number, _, index = _latest_message(told, last)
        return CAME.format(number=number, what="message", sign=f"len(came) <= {index}")
    raise NotInAScript("it takes a look that a script does not have")


def _pongs(told: Told, shown: list[Event]) -> str:
    """That as many pongs came as then, or more; or no more than then."""
    last = shown[-1]
    pongs = [
        event
        for event in told.trace.by_connection[last.connection]
        if event.kind == "received" and event.n <= last.n and is_pong(event.said_text, protocol())
    ]
    condition = ">=" if last.kind == "received" and last.opcode == "text" else "<="
    shows = f"sum('\"pong\"' in str(each) for each in came) {condition} {len(pongs)}"
    return CAME.format(number=told.number(last), what="message", sign=shows)


def _close(event: Event) -> str:
    if isinstance(event.content, Close) and event.content.code is not None:
        return f"({event.content.code}, {event.content.reason!a}) in came"
    code = 1005 if isinstance(event.content, Close) else 1006
    return f"({code}, '') in came"


def _message(event: Event) -> str:
    content = event.content if isinstance(event.content, str | bytes) else ""
    if isinstance(content, str) and re.search("[0-9]", content):
        masked = re.sub("[0-9]+", "0", content)
        return f"any(re.sub('[0-9]+', '0', str(each)) == {masked!a} for each in came)"
    return f"{literal(content)} in came"


def _latest_message(told: Told, last: Event) -> tuple[int, str, int]:
    own = told.trace.by_connection[last.connection]
    heard = [e for e in own if e.kind == "received" and e.opcode in ("text", "binary")]
    return told.number(last), "message", sum(event.n < last.n for event in heard)


def _was_kept_waiting(opened: Event, told: Told) -> bool:
    """Whether an attempt was accepted only a while after it was asked for."""
    asked = [e for e in told.trace.by_connection[opened.connection] if e.kind == "requested"]
    return bool(asked) and opened.earliest - asked[0].latest > SLOW_HANDSHAKE


def _said_else(last: Event, told: Told) -> bool:
    """Whether the client said anything but pings on a connection, up to an event."""
    return any(
        event.kind == "received"
        and event.opcode in ("text", "binary")
        and not is_ping(event.said, protocol())
        for event in told.trace.by_connection.get(last.connection, ())
        if event.n <= last.n
    )


def _window(finding: Finding, told: Told) -> str:
    window, last = finding.window, max(finding.events, key=lambda event: event.n)
    assert window is not None
    middle = sum(window.observed) / 2
    first = min(
        (event for event in finding.events if event.n < last.n),
        key=lambda event: abs(last.latest - event.latest - middle),
        default=last,
    )
    awaited, said = told.place(last), finding.expected.lower()
    is_of_the_client = last.kind in ("received", "ended") and awaited[1] == "close"
    if told.trace.capabilities.server_ping and first.kind == "sent":
        raise NotInAScript("pongs have to be told from pings for that")
    if first.kind == "opened" and _was_kept_waiting(first, told):
        raise NotInAScript("an attempt has to be kept waiting, and time is counted from its answer")
    if "ping" in said and _said_else(last, told):
        raise NotInAScript("what else the client says has to be told from pings for that")
    if "attempt" in said and "end of the attempt" not in said:
        following = (max(told.number(first), 1) + 1, "came", 0)
        awaited = awaited if last.kind in ("opening", "requested") else following
    elif ("ping" in said or "pong" in said) and not is_of_the_client:
        awaited = _latest_message(told, last)
    elif last.kind == "silent":
        awaited = (told.number(last), "close", 0)
    if "end of the attempt" in said:
        raise NotInAScript("an attempt has to be watched that is not answered")
    places = {"first": told.place(first), "last": awaited}
    if window.earliest is not None and window.observed[1] < window.earliest:
        return EARLY.format(**places, least=f"{window.earliest:.3f}")
    assert window.latest is not None
    # An attempt that comes late does so after the end; all else that is late, unless there is one.
    number = 0 if awaited[1] == "came" else awaited[0]
    return LATE.format(**places, number=number, most=f"{window.latest:.3f}")
