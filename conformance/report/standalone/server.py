"""The script that shows what a server does wrong: a client, as short as it can be.

How it works
------------

1. `PLAY` says what is done, as the trace of the finding has it: when, on which connection, once how
   many messages have come there, and with what.
2. The script notes in `SEEN` what it does and what comes: when, where, what, and what was said.
3. At the end it looks at these notes (`sign.py`): a time has to lie between two bounds, replies
   have to be those of the contract, or something came that must not, or did not that must.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from conformance.report.standalone.deeds import Deed, deeds_on
from conformance.report.standalone.literal import lines, literal
from conformance.report.standalone.script import NotInAScript, shortest
from conformance.report.standalone.sign import VALUE, replies_to, sign
from conformance.trace.event import Event
from conformance.trace.trace import Trace
from conformance.verdict.finding import Finding

MOST_CONNECTIONS = 12
"""How many connections it opens at the most."""

SCRIPT = """\
import asyncio, contextlib, {libraries}sys, websockets
from time import monotonic as now
URL, LASTS, SEEN, ENDS = (sys.argv[1:] or [{url}])[0], {lasts:.3f}, [], {{}}
# What is done: when (seconds), on which connection, after how many messages, what, with what.
PLAY = [
{play}]
def note(*told): SEEN.append((now(), *told))
async def read(number, ws):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for said in ws: note(number, "message", said)
    note(number, "close", (ws.close_code, ws.close_reason))
{value}\
async def main(tasks=[]):
    began = now()
    for at, number, after, what, said in PLAY:
        await asyncio.sleep(began + at - now())
{wait}\
        note(number, "deed", what)
        try:
{verbs}
        except websockets.InvalidHandshake as refusal: note(number, "open", str(refusal))
        except (websockets.WebSocketException, KeyError): pass  # It is over, or never was there.
    await asyncio.sleep(began + LASTS - now())
{sign}
try: bad = asyncio.run(main())
except OSError as error: sys.exit(print("not reached:", error) or 3)
print("expected:", {expected}, "\\nIt shows." if bad else "\\nIt does not show.")
sys.exit(int(bad))
"""

WAIT = """\
        while sum(each[1:3] == (number, "message") for each in SEEN) < after and (
            now() < began + at + {patience:g}): await asyncio.sleep(0.005)
"""

OPEN = """\
            if what == "open":
                ws = ENDS[number] = await websockets.connect(
                    URL, subprotocols=said, proxy=None, ping_interval=None, max_size=None{more})
                note(number, "open", ws.subprotocol)
                tasks.append(asyncio.create_task(read(number, ws)))"""

VERBS = {
    "send": """\
            elif what == "send": await ENDS[number].send(said)""",
    "text in frames": """\
            elif what == "text in frames": await ENDS[number].send(said, text=True)""",
    "binary in frames": """\
            elif what == "binary in frames": await ENDS[number].send(said)""",
    "begin": """\
            elif what == "begin":  # a frame of a message that does not end
                p = ENDS[number].protocol
                (p.send_continuation if p.expect_continuation_frame else p.send_text)(said, False)
                ENDS[number].transport.write(b"".join(p.data_to_send()))""",
    "ping": """\
            elif what == "ping": (await ENDS[number].ping(said)).add_done_callback(
                lambda came, n=number, said=said: came.exception() or note(n, "pong", said))""",
    "pong": """\
            elif what == "pong": await ENDS[number].pong(said)""",
    "close": """\
            elif what == "close": tasks.append(asyncio.create_task(ENDS[number].close(*said)))""",
    "empty close": """\
            elif what == "empty close":
                ENDS[number].protocol.send_close()
                ENDS[number].transport.write(b"".join(ENDS[number].protocol.data_to_send()))""",
    "abort": """\
            elif what == "abort": ENDS[number].transport.abort()""",
    "reset": """\
            elif what == "reset":
                socket = ENDS[number].transport.get_extra_info("socket")
                socket.setsockopt(1, 13, bytes([1, 0, 0, 0] + 4 * [0]))  # SO_LINGER: a reset
                ENDS[number].transport.abort()""",
}


def script(finding: Finding, trace: Trace, url: str, headers: Sequence[str]) -> str:
    """The script, without what stands at its top; raises NotInAScript."""
    if trace.proxied:
        raise NotInAScript("it takes two ways to the same server")
    shown = {event.connection for event in finding.events}
    if not shown.issuperset(event.connection for event in finding.before):
        raise NotInAScript("it began on another connection")
    played = _played(finding, trace)
    start = played[0].at
    last = finding.events[-1]
    lasts = last.latest
    timing = trace.timing
    if finding.window is not None and finding.window.latest is not None:
        lasts += max(0.0, finding.window.latest - finding.window.observed[0]) + PAUSE
    if finding.window is None:
        lasts = min(lasts, played[-1].at + max(0.0, last.latest - _last_moment(trace, played)))
    lasts = max(lasts, played[-1].at) + timing.reply_deadline + timing.tolerance
    more = f", additional_headers={dict.fromkeys(headers, '...')!r}" if headers else ""
    used = dict.fromkeys(each.verb for each in played)
    verbs = [OPEN.format(more=more), *(VERBS[verb] for verb in used if verb != "open")]
    told = sign(finding, trace, played)
    wait = WAIT.format(patience=timing.reply_deadline + timing.tolerance)
    if finding.window is not None or not any(each.after for each in played):
        wait = ""
    return shortest(
        lambda width: SCRIPT.format(
            libraries=f"{'json, ' if 'value(' in told else ''}{'re, ' if 're.sub' in told else ''}",
            url=literal(url),
            lasts=lasts - start,
            play="\n".join(lines([_tuple(each, start) for each in played], width)).rstrip(","),
            value=VALUE if "value(" in told else "",
            wait=wait,
            verbs="\n".join(verbs),
            sign=told,
            expected=ascii(finding.expected),
        )
    )


PAUSE = 0.2
"""How long (seconds) a script waits beyond the latest moment that is allowed."""


def _last_moment(trace: Trace, deeds: Sequence[Deed]) -> float:
    """When the last of the deeds was done in the trace."""
    return max(trace.events[deed.n].earliest for deed in deeds)


def _tuple(deed: Deed, start: float) -> str:
    at = max(0.0, deed.at - start)
    return f'({at:.3f}, {deed.connection}, {deed.after}, "{deed.verb}", {deed.said})'


def _played(finding: Finding, trace: Trace) -> list[Deed]:
    """What is done in the script: no more than it takes, and in the order of time."""
    last = finding.events[-1].n
    shown = {event.n for event in (*finding.before, *finding.events)}
    named = {event.connection for event in finding.events} - {0}
    numbers = _all_of(trace) if _takes_others(finding, trace) else named
    deeds = [
        deed
        for number in sorted(numbers)
        for deed in deeds_on(
            [event for event in trace.by_connection[number] if event.n <= last],
            is_shown=number == finding.events[-1].connection,
        )
    ]
    certain = replies_to(trace, deeds) is not None
    different = {(deed.at, deed.verb, deed.said) for deed in deeds}
    if finding.window is None and (len(different) > FEW or not certain):
        needed = [each for each in deeds if each.n in shown or each.verb == "open"]
        if len(needed) > len(numbers):
            deeds = _without_pauses(needed)
    # What is sent before a connection is there, would be lost.
    return sorted(deeds, key=lambda deed: (deed.at, deed.n))


def _without_pauses(deeds: Sequence[Deed]) -> list[Deed]:
    """The deeds in the same order, one soon after the other."""
    found: list[Deed] = []
    before = deeds[0]
    for deed in sorted(deeds, key=lambda each: (each.at, each.n)):
        apart = min(SOON, deed.at - before.at) if found else 0.0
        at = found[-1].at + apart if found else deed.at
        found.append(replace(deed, at=at, after=0))
        before = deed
    return found


SOON = 0.05
"""How long (seconds) it takes from one deed to the next at the most, where no time matters."""

FEW = 14
"""Of so many deeds all are done again; of more those that a finding names, if no time matters."""


def _all_of(trace: Trace) -> set[int]:
    numbers = set(trace.by_connection)
    if len(numbers) > MOST_CONNECTIONS:
        raise NotInAScript(f"it takes {len(numbers)} connections to show it")
    return numbers


def _takes_others(finding: Finding, trace: Trace) -> bool:
    """Whether what shows a violation has its cause on other connections."""
    connections = {event.connection for event in finding.events}
    if len(connections) > 1:
        return True
    own: Sequence[Event] = trace.by_connection.get(finding.events[-1].connection, ())
    said = [event for event in own if event.kind == "sent" and event.n < finding.events[-1].n]
    is_about_the_handshake = any(e.kind in ("opened", "refused") for e in finding.events)
    return not said and not is_about_the_handshake and finding.window is None


def top(requirement: str, sentence: str) -> str:
    """What stands above a script: what it shows, and how to run it."""
    plain = re.sub(r"[\\\\\"]", "'", sentence)
    return (
        f'"""{requirement}: {plain}\n'
        "It needs `pip install websockets` alone. It exits with 1 where that is violated, else 0."
        '"""\n'
    )
