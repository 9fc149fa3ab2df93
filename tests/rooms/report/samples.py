"""Results made by hand: every verdict, every kind of window, and a target that means harm."""

from __future__ import annotations

from typing import get_args

import spec
from conformance.rules.observation import Window
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.event import Close, Ended, Event, Refusal
from conformance.verdict.finding import Finding
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

URL = "ws://127.0.0.1:8765/ws"
FAST = spec.load_timing("fast")

HOSTILE = "\x1b[31mred\x07\0 <script>alert(1)</script> ]]> \u202egnp.exe \ud800 ``` | & \x85 \ufffe"
"""What a target may say to break a terminal, a page, an XML file, a table, or an encoder."""

COMMAND = f"wsbeat server {URL} --timing fast --select {{}} --seed 0"


def sent(n: int, at: float, text: str, connection: int = 1) -> Event:
    return Event(n, connection, at - 0.0001, at, "sent", "text", text)


def received(n: int, at: float, text: str, connection: int = 1) -> Event:
    return Event(n, connection, at - 0.002, at, "received", "text", text)


def closed(n: int, at: float, code: int = 1000, reason: str = "heartbeat timeout") -> Event:
    return Event(n, 1, at - 0.003, at, "received", "close", Close(code, reason))


def silent(n: int, at: float) -> Event:
    return Event(n, 1, at, at, "silent")


def finding(
    name: str,
    message: str = "Something was wrong.",
    *events: Event,
    expected: str = "what is right",
    actual: str = "what is wrong",
    window: Window | None = None,
    scenario: str = "messages",
    trace: str | None = None,
) -> Finding:
    return Finding(scenario, message, expected, actual, events, window, trace, COMMAND.format(name))


def passed(name: str, times: int = 53) -> Assessment:
    return Assessment(spec.requirement(name), "passed", satisfied=times)


def failed(name: str, *findings: Finding, violated: int = 1, satisfied: int = 213) -> Assessment:
    return Assessment(
        spec.requirement(name),
        "failed",
        satisfied=satisfied,
        violated=violated,
        findings=findings or (finding(name),),
    )


def judged(name: str, verdict: Verdict, because: str | None = None) -> Assessment:
    """An assessment with that verdict, with a finding where the verdict rests on one."""
    violated = verdict in ("failed", "warned")
    return Assessment(
        spec.requirement(name),
        verdict,
        because,
        satisfied=0 if verdict in ("not_exercised", "not_applicable", "excluded") else 5,
        violated=int(violated),
        undecidable=int(verdict == "inconclusive"),
        findings=(finding(name),) if violated else (),
    )


def result(
    *assessments: Assessment,
    target: Target | None = None,
    options: Options | None = None,
    interrupted: bool = False,
) -> Result:
    return Result(
        target=target or Target(URL, FAST),
        options=options or Options(),
        role="server",
        started="2026-02-03T09:30:00+00:00",
        duration=3.9,
        harness_lateness=0.0042,
        interrupted=interrupted,
        assessments=assessments,
    )


PING, PONG = '{"type":"ping"}', '{"type":"pong"}'

SECOND_PONG = failed(
    "S-PONG",
    finding(
        "S-PONG",
        "A ping was answered twice.",
        sent(10, 0.5120, PING),
        received(11, 0.5130, PONG),
        received(12, 0.5131, PONG),
        expected="exactly one pong",
        actual=f"{PONG}, then {PONG}",
        scenario="json_values",
        trace="traces/json_values.jsonl",
    ),
)

EARLY_CLOSE = failed(
    "S-TIMEOUT-EARLIEST",
    finding(
        "S-TIMEOUT-EARLIEST",
        "The server closed a connection too early.",
        sent(2, 0.0100, PING),
        closed(4, 1.0112),
        expected="no close before 1.40 s after the last ping",
        actual='Close 1000 "heartbeat timeout" after at most 1.00 s',
        window=Window("the last ping", 1.4, 2.25, (0.9981, 1.0013)),
        scenario="falls_silent_after_a_ping",
        trace="traces/falls_silent_after_a_ping.jsonl",
    ),
    violated=12,
    satisfied=0,
)

NEVER_CLOSED = failed(
    "S-ONLY-PINGS",
    finding(
        "S-ONLY-PINGS",
        "Traffic that is no ping kept a connection open: texts such as [1,2,3].",
        sent(3, 0.0100, PING),
        sent(5, 0.3100, "[1,2,3]"),
        silent(19, 3.9100),
        expected='Close 1000 "heartbeat timeout" within 2.00 s after the last ping '
        "(and 0.25 s of tolerance)",
        actual="still open after 3.90 s",
        window=Window("the last ping", 1.4, 2.25, (3.9, 3.9001)),
        scenario="talks_on_without_pings",
    ),
    finding(
        "S-ONLY-PINGS",
        "Traffic that is no ping kept a connection open: control Pings.",
        sent(3, 0.0100, PING),
        silent(19, 3.9100),
        expected='Close 1000 "heartbeat timeout" within 2.00 s after the last ping',
        actual="still open after 3.90 s",
        scenario="sends_control_pings_only",
    ),
    violated=4,
    satisfied=0,
)

TOO_LATE = failed(
    "S-REPLY-SOON",
    finding(
        "S-REPLY-SOON",
        "A reply came too late.",
        sent(1, 0.1, PING),
        received(2, 130.2, PONG),
        expected="within 0.30 s (and 0.25 s of tolerance)",
        actual="after 130.10 s",
        window=Window("the message was sent", None, 0.55, (130.098, 130.1001)),
    ),
)


def hostile(text: str = HOSTILE) -> Result:
    """A result in which every text that a target can have a part in is hostile."""
    events = (
        Event(0, 1, 0.0, 0.0, "opened", None, text),
        Event(1, 1, 0.0, 0.0, "refused", None, Refusal(500, text)),
        sent(2, 0.1, text),
        received(3, 0.2, text, connection=2),
        Event(4, 1, 0.3, 0.3, "received", "binary", text.encode(errors="surrogatepass")),
        Event(5, 1, 0.3, 0.3, "received", "ping", b"\xff\x00"),
        closed(6, 0.4, 4000, text[:60]),
        Event(7, 1, 0.5, 0.5, "broken", None, text),
        Event(8, 1, 0.6, 0.6, "ended", None, Ended("reset", text)),
    )
    window = Window(text, 1.0, 2.0, (3.0, 3.0))
    evil = Finding(text, text, text, text, events, window, text[:999], text[:999])
    return result(
        passed("S-ACCEPT"),
        failed("S-PONG", evil, evil),
        Assessment(spec.requirement("S-DROP"), "warned", text, violated=1, findings=(evil,)),
        judged("S-ECHO", "inconclusive", text),
        judged("S-ORDER", "not_exercised", text),
        judged("S-QUIET", "not_applicable", text),
        judged("S-DEPTH", "excluded", text),
        judged("S-SIZE", "known_failing", text),
        target=Target(f"ws://host/{text[:99]}", FAST),
    )
