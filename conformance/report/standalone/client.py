"""The script that shows what a client does wrong: a server, as short as it can be.

How it works
------------

1. The script is given the command that starts the client, or tells where it listens and waits.
2. `MEETS` says what the attempts to connect meet with, one after the other: they are accepted after
   so many seconds, refused with an HTTP status, or dropped.
3. `PLAY` says what else is done: how long after what the client did, on which attempt, and what.
4. The script notes in `SEEN` what it does and what the client does, and looks at that at the end
   (`client_sign.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.report.standalone.attempts import Told
from conformance.report.standalone.client_sign import sign
from conformance.report.standalone.literal import lines, literal
from conformance.report.standalone.script import NotInAScript, shortest
from conformance.trace.event import Close, Ended, Event, Refusal
from conformance.trace.fragment import Begun
from conformance.trace.note import BROWSER, KEPT_WAITING, NO_WEBSOCKET, RETRY_AFTER
from conformance.trace.trace import Trace
from conformance.verdict.finding import Finding

SCRIPT = """\
import asyncio, contextlib, os, {libraries}sys, websockets
from time import monotonic as now
LASTS, MEETS, SEEN, ENDS, TASKS, CLIENT = {lasts:.3f}, {meets}, [], {{}}, [], []
{play}\
def note(*told): SEEN.append((now(), *told))
def at(number, what, index=0):
    return ([t for t, *told in SEEN if told[:2] == [number, what]][index:] or [None])[0]
{do}\
async def meet(ws, request):
    ENDS[len(ENDS) + 1], ws.number = ws, len(ENDS) + 1
    note(ws.number, "came", None)
    met = (MEETS[ws.number - 1:] or [0.0])[0]
    return ws.respond(met, "refused") if isinstance(met, int) else await asyncio.sleep(met)
async def talk(ws):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for said in ws: note(ws.number, "message", said)
    note(ws.number, "close", (ws.close_code, ws.close_reason))
async def main():
    async with websockets.serve(
            talk, "127.0.0.1", 0, process_request=meet, ping_interval=None) as server:
        url = "ws://127.0.0.1:%s/" % server.sockets[0].getsockname()[1]
        command = [word.replace("{{url}}", url) for word in sys.argv[1:]] or ["echo", "connect to", url]
        CLIENT.append(await asyncio.create_subprocess_exec(*command))
{tasks}\
        while not ENDS: await asyncio.sleep(0.002)
        await asyncio.sleep(LASTS)
{sign}
bad = asyncio.run(main())
print("expected:", {expected}, "\\nIt shows." if bad else "\\nIt does not show.")
sys.exit(CLIENT[0].returncode is None and os.kill(CLIENT[0].pid, 9) or int(bad))
"""  # noqa: E501

PLAY = """\
# What is done: after what (attempt, event, its number), seconds later, where, what, with what.
PLAY = [
{play}]
"""

DO = """\
async def do(after, wait, number, what, said):
    while at(*after) is None: await asyncio.sleep(0.002)
    await asyncio.sleep(at(*after) + wait - now())
    note(number, "deed", what)
{verbs}
"""

TASKS = """\
        TASKS.append(asyncio.gather(*(do(*each) for each in PLAY), return_exceptions=True))
"""

VERBS = {
    "send": """\
    if what == "send": await ENDS[number].send(said)""",
    "ping": """\
    if what == "ping": await ENDS[number].ping(said)""",
    "frames": """\
    if what == "frames": await ENDS[number].send(said[1], text=said[0])""",
    "close": """\
    if what == "close": await ENDS[number].close(*said)""",
    "drop": """\
    if what == "drop": ENDS[number].transport.abort()""",
    "ask": """\
    if what == "ask": CLIENT[0].send_signal(said)""",
}

SIGNALS = {"SIGTERM": 15, "SIGINT": 2}


def script(finding: Finding, trace: Trace) -> str:
    """The script, without what stands at its top; raises NotInAScript."""
    if any(event.kind == "certificate" for event in trace.events):
        raise NotInAScript("certificates have to be made for that")
    if any(event.kind == "closed_door" for event in trace.events):
        raise NotInAScript("somebody has to stop listening for that")
    if any(event.kind == "note" and BROWSER in str(event.content) for event in trace.events):
        raise NotInAScript("a browser has to tell its page something for that")
    if any(event.content == KEPT_WAITING for event in trace.events):
        raise NotInAScript("plain HTTP has to be answered for that")
    if any(event.kind == "opened" and event.manner for event in finding.events):
        raise NotInAScript("a connection has to be accepted in another manner for that")
    told = Told(trace)
    timing, last = trace.timing, max(event.n for event in finding.events)
    requested = [event for event in trace.events if event.kind == "requested"]
    if not requested:
        raise NotInAScript("no attempt was seen")
    lasts = trace.events[last].latest - requested[0].latest + timing.tolerance
    if finding.window is not None and finding.window.latest is not None:
        lasts += max(0.0, finding.window.latest - finding.window.observed[0])
    played = list(_deeds(told, last))
    used = dict.fromkeys(verb for verb, _ in played)
    tells = sign(finding, told)
    if "len(ENDS) <=" in tells:
        lasts += timing.reconnect_cap + timing.tolerance
    return shortest(
        lambda width: SCRIPT.format(
            libraries="re, " if "re.sub" in tells else "",
            lasts=lasts,
            meets=f"[{', '.join(_meets(told))}]",
            play=PLAY.format(play=list_of(played, width)) if played else "",
            do=DO.format(verbs="\n".join(VERBS[verb] for verb in used)) if played else "",
            tasks=TASKS if played else "",
            sign=tells,
            expected=ascii(finding.expected),
        )
    )


def list_of(played: Sequence[tuple[str, str]], width: int) -> str:
    """What is played as the items of a list, in lines."""
    return "\n".join(lines([each for _, each in played], width)).rstrip(",")


def _meets(told: Told) -> Iterator[str]:
    """What each attempt met with, as an expression."""
    for number in told.numbers:
        events = told.trace.by_connection[number]
        yield _met(events)


def _met(events: Sequence[Event]) -> str:
    requested = [event for event in events if event.kind == "requested"]
    opened = [event for event in events if event.kind == "opened"]
    if opened and requested:
        return f"{max(0.0, opened[0].earliest - requested[0].latest):.3f}"
    for event in events:
        match event.content:
            case Refusal(int() as status, told):
                if RETRY_AFTER in told:
                    raise NotInAScript("an attempt has to be refused with a header field for that")
                return str(status)
            case Ended("local", "eof" | "reset") if requested:
                raise NotInAScript("an attempt has to be dropped without an answer for that")
    return "1e9"


def _deeds(told: Told, last: int) -> Iterator[tuple[str, str]]:
    """What is done besides, each as a verb and as a tuple of the script."""
    anchor = next(event for event in told.trace.events if event.kind == "requested")
    begun = Begun()
    for event in told.trace.events[: last + 1]:
        if told.is_of_the_client(event):
            anchor = event
            continue
        _check(event, told.trace)
        if event.kind == "sent" and begun.takes(event):
            continue
        if told.is_ours(event):
            verb, said = _verb(event, begun)
            begun = Begun()
            wait = max(0.0, event.earliest - anchor.latest)
            after = told.place(anchor)
            number = told.number(event)
            yield verb, f'({after!r}, {wait:.3f}, {number}, "{verb}", {said})'.replace("'", '"', 2)


def _check(event: Event, trace: Trace) -> None:
    """See that the library does so at that moment; raises NotInAScript."""
    if str(event.content).startswith(NO_WEBSOCKET):
        raise NotInAScript("something has to be sent for that which is no WebSocket any more")
    before = [e for e in trace.by_connection.get(event.connection, ()) if e.n < event.n]
    closed = [each.kind for each in before if each.opcode == "close"]
    if event.opcode == "text" and "received" in closed:
        raise NotInAScript("something has to be said for that where a Close has come already")
    is_reset = isinstance(event.content, Ended) and event.content.detail == "reset"
    if is_reset and closed == ["sent"]:
        raise NotInAScript("a reset has to follow a Close at once for that")


def _verb(event: Event, begun: Begun) -> tuple[str, str]:
    match event.kind, event.opcode, event.content:
        case "asked", _, how:
            if how not in SIGNALS:
                raise NotInAScript("a page has to be closed for that")
            return "ask", str(SIGNALS[str(how)])
        case "ended", _, _:
            return "drop", "None"
        case _, "close", Close(code, reason):
            return "close", f"({1000 if code is None else code}, {reason!a})"
        case _, "ping", bytes(payload):
            return "ping", repr(payload)
        case _, _, (str() | bytes()) as content if begun.parts:
            if begun.between is not None:
                raise NotInAScript("a control Ping has to be sent amid a message for that")
            return "frames", f"({isinstance(content, str)}, {begun.of(content)!r})"
        case _, _, (str() | bytes()) as content:
            return "send", literal(content)
    raise NotInAScript("something has to be done for that which the library does not do")
