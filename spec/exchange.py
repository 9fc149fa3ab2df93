"""The executable examples of ``protocol.md``: exchanges on a connection, as values.

Section 1.5 of the protocol describes the form in which they are written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from spec.contract import SpecificationError, opening_id
from spec.document import Fence, Heading, Paragraph, blocks
from spec.parameters import Timing

Side = Literal["client", "server"]
Since = Literal["ping", "pong", "close", "opening"]


@dataclass(frozen=True, slots=True)
class Connect:
    """The client asks for a connection and offers these subprotocols."""

    subprotocols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accept:
    """The server accepts the connection and selects this subprotocol, or none."""

    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The server answers the handshake with this HTTP status."""

    status: int


@dataclass(frozen=True, slots=True)
class Text:
    """One side sends a text message, that many times."""

    by: Side
    text: str
    times: int


@dataclass(frozen=True, slots=True)
class Binary:
    """One side sends a binary message."""

    by: Side
    data: bytes


@dataclass(frozen=True, slots=True)
class Control:
    """One side sends a control Ping or Pong."""

    by: Side
    opcode: Literal["ping", "pong"]
    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """One side sends a Close frame; ``code`` is None when it is empty."""

    by: Side
    code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The next step comes within these bounds after the latest event of a kind.

    ``earliest`` and ``latest`` are sums of members of ``Timing``, by name; an empty sum is 0.
    """

    earliest: tuple[str, ...]
    latest: tuple[str, ...]
    since: Since

    def seconds(self, timing: Timing) -> tuple[float, float]:
        """Return the bounds in seconds, no tolerance added."""
        return _sum(self.earliest, timing), _sum(self.latest, timing)


@dataclass(frozen=True, slots=True)
class Silence:
    """Neither side sends anything for a sum of members of ``Timing``."""

    duration: tuple[str, ...]

    def seconds(self, timing: Timing) -> float:
        """Return the duration in seconds."""
        return _sum(self.duration, timing)


@dataclass(frozen=True, slots=True)
class UserCloses:
    """The client is told to close."""


@dataclass(frozen=True, slots=True)
class Break:
    """The TCP connection is reset."""


Step = (
    Connect
    | Accept
    | Refuse
    | Text
    | Binary
    | Control
    | Close
    | Bounds
    | Silence
    | UserCloses
    | Break
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One example: what an observer sees when it examines a peer of this role.

    ``requirement`` is the ID of the nearest one above in the same section, ``line`` the number of
    the first line in ``protocol.md``. ``steps`` begin with the handshake, written out or not.
    """

    role: Side
    capability: str | None
    section: str
    requirement: str | None
    line: int
    steps: tuple[Step, ...]


@cache
def exchanges() -> tuple[Exchange, ...]:
    """Return every executable example of the protocol, in the order of the text."""
    return tuple(_exchanges())


def parse(lines: tuple[str, ...]) -> tuple[Step, ...]:
    """Return the steps that these lines describe.

    Raises ``SpecificationError`` for a line that has none of the forms of section 1.5.
    """
    steps = tuple(_step(line) for line in lines)
    if steps and isinstance(steps[0], Connect):
        return steps
    return (Connect(()), Accept(None), *steps)


def _exchanges() -> Iterator[Exchange]:
    section, requirement = "", None
    for block in blocks():
        match block:
            case Heading(title):
                section, requirement = title, None
            case Paragraph(text):
                requirement = opening_id(text) or requirement
            case Fence(info, lines, line) if info.split()[:1] == ["exchange"]:
                role, capability = _examined(info)
                yield Exchange(role, capability, section, requirement, line, parse(lines))
            case _:
                pass


def _examined(info: str) -> tuple[Side, str | None]:
    words = info.split()[1:]
    if not words or words[0] not in ("client", "server") or len(words) > 2:
        raise SpecificationError(f'"{info}": expected exchange server or exchange client')
    return cast(Side, words[0]), words[1] if words[1:] else None


def _step(line: str) -> Step:
    if said := re.fullmatch(r"([CS])(?:\*([1-9][0-9]*))?:(?: (.*))?", line):
        by: Side = "client" if said[1] == "C" else "server"
        return _said(by, said[3] or "", int(said[2] or 1))
    if told := re.fullmatch(r"-- (.+) to (.+) after the (ping|pong|close|opening)", line):
        since = cast(Since, told[3])
        return Bounds(_terms(told[1]), _terms(told[2]), since)
    if told := re.fullmatch(r"-- nothing for (.+)", line):
        return Silence(_terms(told[1]))
    if line == "-- the user closes":
        return UserCloses()
    if line == "-- the connection breaks":
        return Break()
    raise SpecificationError(f'"{line}" has none of the forms of an exchange')


def _said(by: Side, what: str, times: int) -> Step:
    if found := re.fullmatch(r"close(?: (\d{4})(?: \"(.*)\")?)?", what):
        return Close(by, int(found[1]) if found[1] else None, found[2] or "")
    if found := re.fullmatch(r"binary((?: [0-9a-f]{2})*)", what):
        return Binary(by, bytes.fromhex(found[1]))
    if found := re.fullmatch(r"control (ping|pong)(?: (.*))?", what):
        opcode = cast(Literal["ping", "pong"], found[1])
        return Control(by, opcode, (found[2] or "").encode())
    if by == "client" and (found := re.fullmatch(r"connect(?: offering (.+))?", what)):
        return Connect(tuple(re.split(r", *", found[1])) if found[1] else ())
    if by == "server" and (found := re.fullmatch(r"accept(?: selecting (.+))?", what)):
        return Accept(found[1])
    if by == "server" and (found := re.fullmatch(r"refuse (\d{3})", what)):
        return Refuse(int(found[1]))
    return Text(by, what, times)


def _terms(text: str) -> tuple[str, ...]:
    terms = () if text == "0" else tuple(text.split(" + "))
    for term in terms:
        if not hasattr(Timing, term) or term.startswith("_") or term in ("name", "to_json"):
            raise SpecificationError(f'"{term}" is no constant of section 2.2')
    return terms


def _sum(terms: tuple[str, ...], timing: Timing) -> float:
    return sum(float(getattr(timing, term)) for term in terms)
