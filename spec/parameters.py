"""The timing parameters of the protocol: the numbers that every clocked requirement names.

Two sets are shipped, ``production`` (the values of the protocol) and ``fast`` (the same
proportions, scaled so that a whole run takes seconds). A set that could not work, such as a
timeout that one lost ping would exceed, is refused when it is loaded.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NoReturn

from spec.suggestion import suggestion

SHIPPED = ("production", "fast")


class TimingError(ValueError):
    """A timing set that cannot be read or cannot work; the text says where, what and why."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One set of timing parameters: seconds, save for ``interval_tolerance``, a fraction.

    Section 2.2 of the protocol says what each of them means.
    """

    name: str
    heartbeat_interval: float
    heartbeat_timeout: float
    check_interval: float
    reconnect_delay: float
    reconnect_jitter: float
    reconnect_cap: float
    reply_deadline: float
    pong_timeout: float
    interval_tolerance: float
    tolerance: float

    @property
    def latest_close(self) -> float:
        """Seconds after the last sign of life by which a heartbeat close is due."""
        return self.heartbeat_timeout + self.check_interval

    @property
    def longest_wait(self) -> float:
        """Seconds of the longest wait that any requirement on a server needs to be shown."""
        return self.latest_close + self.heartbeat_interval

    @property
    def shortest_gap(self) -> float:
        """Seconds between two pings that are still far enough apart."""
        return self.heartbeat_interval * (1 - self.interval_tolerance)

    @property
    def longest_gap(self) -> float:
        """Seconds between two pings that are still close enough together."""
        return self.heartbeat_interval * (1 + self.interval_tolerance)

    def to_json(self) -> dict[str, str | float]:
        """Return the document that ``timing.schema.json`` describes."""
        return dataclasses.asdict(self)


_MAY_BE_NOTHING = ("check_interval", "reconnect_delay")

_NUMBERS = tuple(field.name for field in dataclasses.fields(Timing) if field.name != "name")


def load_timing(source: str | Path | Mapping[str, object], *, is_lenient: bool = False) -> Timing:
    """Return the timing set that ``source`` names, holds, or is.

    ``source`` is the name of a shipped set, the path of a JSON file, or the document itself.
    Raises ``TimingError`` for a file that cannot be read, a member that is missing, unknown or no
    number, and for numbers that break a rule of section 2.2.
    """
    if isinstance(source, Mapping):
        return _checked(source, "timing", is_lenient=is_lenient)
    if source in SHIPPED:
        text = (resources.files("spec") / "timing" / f"{source}.json").read_text("utf-8")
        return _checked(_parsed(text, f"{source}.json"), f"{source}.json", is_lenient=is_lenient)
    return _checked(_parsed(_read(source), str(source)), str(source), is_lenient=is_lenient)


def _read(source: str | Path) -> str:
    try:
        return Path(source).read_text("utf-8")
    except FileNotFoundError:
        raise TimingError(
            f"{source}: no such file, and no timing set of that name. Expected one of "
            f"{_quoted(SHIPPED)}, or the path of a JSON file{suggestion(str(source), SHIPPED)}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise TimingError(f"{source}: cannot be read as UTF-8 text ({error}).") from error


def _parsed(text: str, where: str) -> Mapping[str, object]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise TimingError(f"{where}: not a JSON document ({error}).") from error
    if not isinstance(document, dict):
        raise TimingError(
            f"{where}: expected a JSON object with the members {_quoted(('name', *_NUMBERS))}, "
            f"found {document!r:.60}."
        )
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _checked(document: Mapping[str, object], where: str, *, is_lenient: bool) -> Timing:
    faults = [*_faults_of_shape(document, is_lenient=is_lenient)]
    if faults:
        raise TimingError("\n".join(f"{where}: {fault}" for fault in faults))
    numbers = [_number(document[member]) for member in _NUMBERS]
    timing = Timing(str(document["name"]), *numbers)
    faults = [] if is_lenient else [*broken_rules(timing)]
    if faults:
        raise TimingError("\n".join(f"{where}: {fault}" for fault in faults))
    return timing


def _faults_of_shape(document: Mapping[str, object], *, is_lenient: bool) -> Iterator[str]:
    members = ("name", *_NUMBERS)
    for member in document:
        if member not in members:
            yield f'unknown member "{member}"{suggestion(str(member), members)}'
    for member in members:
        if member not in document:
            yield f'member "{member}" is missing; expected {_expected(member)}'
    for member in members:
        if member in document and not _has_shape(member, document[member], is_lenient=is_lenient):
            yield f"{member} must be {_expected(member)}; it is {document[member]!r:.60}"


def _expected(member: str) -> str:
    if member == "name":
        return "a string that is not empty"
    if member == "interval_tolerance":
        return "a fraction greater than 0 and less than 0.5"
    if member == "reconnect_jitter":
        return "a number of seconds, 0 or greater"
    return "a number of seconds greater than 0"


def _has_shape(member: str, value: object, *, is_lenient: bool) -> bool:
    if member == "name":
        return isinstance(value, str) and value != ""
    number = _number(value)
    if member == "interval_tolerance":
        return 0 < number < 0.5
    if member == "reconnect_jitter" or (is_lenient and member in _MAY_BE_NOTHING):
        return 0 <= number < math.inf
    return 0 < number < math.inf


def _number(value: object) -> float:
    """Return the value as a float: NaN for what is no number or fits in none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


@dataclass(frozen=True, slots=True)
class _Rule:
    member: str
    relation: str
    holds: Callable[[float, float], bool]
    bound: Callable[[Timing], float]
    because: str


_RULES = (
    _Rule(
        "heartbeat_timeout",
        "exceed 2 x heartbeat_interval",
        lambda value, bound: value > bound,
        lambda timing: 2 * timing.heartbeat_interval,
        "one lost ping must be harmless",
    ),
    _Rule(
        "pong_timeout",
        "be less than heartbeat_interval",
        lambda value, bound: value < bound,
        lambda timing: timing.heartbeat_interval,
        "a client must know the fate of one ping before it sends the next",
    ),
    _Rule(
        "tolerance",
        "be less than check_interval / 2",
        lambda value, bound: value < bound,
        lambda timing: timing.check_interval / 2,
        "slack as wide as the check would hide a check that was skipped",
    ),
    _Rule(
        "reply_deadline",
        "not exceed pong_timeout",
        lambda value, bound: value <= bound,
        lambda timing: timing.pong_timeout,
        "a client must not give up a server that answers in time",
    ),
    _Rule(
        "reconnect_cap",
        "be at least reconnect_delay + reconnect_jitter",
        lambda value, bound: value >= bound,
        lambda timing: timing.reconnect_delay + timing.reconnect_jitter,
        "the longest wait cannot be shorter than the first",
    ),
)


def broken_rules(timing: Timing) -> Iterator[str]:
    """Tell which of the rules of section 2.2 a timing set breaks, in words."""
    for rule in _RULES:
        value, bound = float(getattr(timing, rule.member)), rule.bound(timing)
        if not rule.holds(value, bound):
            yield (
                f"{rule.member} must {rule.relation} ({bound:.12g} s), because {rule.because}; "
                f"it is {value:.12g} s"
            )


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
