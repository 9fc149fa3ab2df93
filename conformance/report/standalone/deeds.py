"""What was done on a connection of a server, as the deeds of a script that does it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.standalone.literal import literal
from conformance.report.standalone.script import NotInAScript
from conformance.trace.event import CUT, Close, Ended, Event
from conformance.trace.fragment import in_frames
from conformance.trace.note import OFFERING_COMPRESSION


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done: at a moment, once `after` messages have come, and in which way.

    `said` is what it is done with, as an expression; `n` the event of the trace that tells of it.
    """

    at: float
    connection: int
    after: int
    verb: str
    said: str
    n: int
    content: str | bytes | None = None


def deeds_on(events: Sequence[Event], *, is_shown: bool = True) -> list[Deed]:
    """What was done on a connection; raises NotInAScript for what the library does not do.

    What the events lead to `is_shown` there, or on another connection.
    """
    deeds: list[Deed] = []
    pending: Counter[object] = Counter()
    heard, is_closed, parts = 0, False, list[bytes]()

    def add(event: Event, verb: str, said: str, content: str | bytes | None = None) -> None:
        deeds.append(Deed(event.earliest, event.connection, heard, verb, said, event.n, content))

    for event in events:
        match event.kind, event.opcode, event.content:
            case "opening", _, _ if event.manner not in ("", OFFERING_COMPRESSION):
                raise NotInAScript("the handshake has to be in another manner for that")
            case "opening", _, offered:
                add(event, "open", repr(str(offered).split(", ")) if offered else "None")
            case "received", opcode, content:
                heard += opcode in ("text", "binary")
                is_closed = is_closed or opcode == "close"
                pending[content] += opcode == "ping"
            case "sent", "pong", content if pending[content]:
                pending[content] -= 1
            case "sent", "fragment", bytes(part):
                parts += in_frames(part, event.frames)
                if not _is_ended(events, event):
                    add(event, "begin", repr(parts[0]))
                    parts = []
            case "sent", "text" | "binary" as opcode, (str() | bytes()) as content if parts:
                data = content.encode() if isinstance(content, str) else content
                parts.append(data[sum(map(len, parts)) :])
                add(event, f"{opcode} in frames", repr(parts), content)
                parts = []
            case "sent", "text", _ if event.cuts:
                raise NotInAScript("a frame has to be sent in several TCP segments for that")
            case "sent", "text" | "binary", (str() | bytes()) as content:
                add(event, "send", literal(content), content)
            case "sent", "ping", _ if parts:
                raise NotInAScript("a control Ping has to be sent amid a message for that")
            case "sent", "ping" | "pong" as opcode, bytes(payload):
                add(event, opcode, repr(payload))
            case "sent", "close", Close(code, reason) if not is_closed:
                verb = "close" if code is not None else "empty close"
                add(event, verb, f"({code}, {reason!a})")
            case "ended", _, Ended("local", detail):
                add(event, "reset" if detail == CUT else "abort", "None")
            case "paused", _, _ if not any(each.kind == "resumed" for each in events):
                raise NotInAScript("somebody has to stop reading for that")
    is_answered = any((event.kind, event.opcode) == ("sent", "close") for event in events)
    if is_closed and not is_answered and (events[-1].opcode != "close" or not is_shown):
        raise NotInAScript("a Close has to be left unanswered for that")
    return deeds


def _is_ended(events: Sequence[Event], fragment: Event) -> bool:
    """Whether a message that a fragment begins was ended in the same go."""
    rest = [event for event in events if event.n > fragment.n and event.kind == "sent"]
    whole = [event for event in rest if event.opcode in ("text", "binary")]
    return bool(whole) and whole[0].earliest == fragment.earliest
