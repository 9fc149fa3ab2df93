"""What a server said, as the contract sees it: a pong, an echo, a ping, or none of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

from conformance.messages.dialect import PLAIN_PING, PLAIN_PONG
from conformance.messages.json_text import ANY_JSON, Deep, NotJson, Value, parse, shortened
from conformance.messages.limits import FRAME_DEPTH


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong; `surplus` names the members that S-PONG-FORM does not allow."""

    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo of `data`; `fault` says what S-ECHO-FORM has against its members."""

    data: Any
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ServerPing:
    """A ping of a server under Plan B; `surplus` names members that B-SERVER-PING forbids."""

    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """What is none of the protocol's frames; `why` says so in words (S-VALID-OUTPUT)."""

    why: str
    is_json: bool = True


Answer: TypeAlias = Pong | Echo | Foreign


def answer(content: str | bytes) -> Answer | Deep:
    """What the contract makes of a message that a server sends (S-PONG-FORM, S-ECHO-FORM, ...).

    Deep is returned for what nests too deeply to be read: it may echo a deep message.
    """
    if isinstance(content, bytes):
        return Foreign("it is a binary message", is_json=False)
    if content == PLAIN_PONG:
        return Pong()
    parsed = parse(content, FRAME_DEPTH)
    match parsed:
        case Value(dict() as frame):
            return _frame(frame)
        case Value():
            return Foreign("it is no JSON object")
        case NotJson(why):
            return Foreign(f"it is not JSON: {why}", is_json=False)
        case Deep():
            return parsed
    return _frame_beyond_i_json(content)


def server_ping(content: str | bytes) -> ServerPing | None:
    """A message of a server as a ping of Plan B; None for any other (B-SERVER-PING)."""
    if content == PLAIN_PING:
        return ServerPing()
    if isinstance(content, bytes) or not ('"ping"' in content or "\\" in content):
        return None
    parsed = parse(content, FRAME_DEPTH)
    if not isinstance(parsed, Value) or not isinstance(parsed.value, dict):
        return None
    if parsed.value.get("type") != "ping":
        return None
    return ServerPing(tuple(name for name in parsed.value if name != "type"))


def is_pong(content: str) -> bool:
    """Whether a message of a server is a pong; most that are none need not be parsed for that."""
    return ('"pong"' in content or "\\" in content) and isinstance(answer(content), Pong)


def _frame(frame: dict[str, Any]) -> Answer:
    match frame.get("type"):
        case "pong":
            return Pong(tuple(name for name in frame if name != "type"))
        case "echo" if "data" not in frame:
            return Echo(None, "it lacks the member `data`")
        case "echo" if len(frame) > 2:
            surplus = (name for name in frame if name not in ("type", "data"))
            return Echo(frame["data"], f"it has the further members {', '.join(surplus)}")
        case "echo":
            return Echo(frame["data"])
        case None:
            return Foreign("it has no member `type`")
        case kind:
            return Foreign(f"its `type` is {shortened(json.dumps(kind))}")


def _frame_beyond_i_json(content: str) -> Answer:
    frame = ANY_JSON.decode(content)
    return _frame(frame) if isinstance(frame, dict) else Foreign("it is no JSON object")
