"""What every report says in the same words: the verdicts, the title, the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import spec
from conformance import __version__
from conformance.targets.client import ClientTarget
from conformance.targets.printable import printable
from conformance.targets.server import Target
from conformance.verdict.result import Outcome, Result
from conformance.verdict.verdict import Assessment, Verdict

VERDICTS: Mapping[Verdict, str] = {
    "failed": "failed",
    "warned": "warned",
    "inconclusive": "inconclusive",
    "not_exercised": "not exercised",
    "known_failing": "known failing",
    "passed": "passed",
    "not_applicable": "not applicable",
    "excluded": "excluded",
}
"""The verdicts in words, the ones that need somebody's attention first."""


UNSETTLED: tuple[Verdict, ...] = ("inconclusive", "not_exercised")
"""The verdicts of which nothing is known; each has its `because`."""


OUTCOMES: Mapping[Outcome, str] = {
    "conformant": "every requirement that was checked is satisfied",
    "violated": "at least one requirement is violated",
    "incomplete": "not everything could be checked, so nothing is promised",
}


def outcome_in_short(result: Result) -> str:
    """The outcome in a few words: a conformant run says how many failures it leaves out."""
    known, dialect = result.counts.get("known_failing", 0), result.target.dialect
    if result.outcome != "conformant":
        return result.outcome
    to = "" if dialect.is_protocol else f" to the dialect {printable(dialect.shown)}"
    if not known:
        return f"conformant{to}"
    return f"conformant{to} but for {known} known failure{'' if known == 1 else 's'}"


def meaning(result: Result) -> str:
    """The outcome in a sentence without its full stop."""
    if result.untrue and not result.counts.get("failed"):
        return "the list of known failures is not true"
    if result.outcome == "conformant" and result.counts.get("known_failing"):
        return "every requirement is satisfied that was checked and is not known to fail"
    return OUTCOMES[result.outcome]


def seconds(value: float) -> str:
    """A stretch of time as people read it."""
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def title(result: Result) -> str:
    """What was checked, by what, and at which timing."""
    return f"{versions(result)}: {checked(result.target)}"


def versions(result: Result) -> str:
    """Which wsbeat checked, and against which version of the protocol, or which dialect."""
    counts = result.options.protocol
    held = f", held to protocol {counts}" if counts else ""
    dialect = result.target.dialect
    if not dialect.is_protocol:
        return f"wsbeat {__version__}, dialect {printable(dialect.shown)}"
    return f"wsbeat {__version__}, protocol {spec.version()}{held}"


def checked(target: Target | ClientTarget) -> str:
    """The target and how it was looked at."""
    declared = target.capabilities
    parts = [f"{printable(target.shown)} at {printable(target.timing.name)} timing"]
    if isinstance(target, Target) and target.command:
        parts.append(f"started with {printable(target.command)}")
    if isinstance(target, Target) and target.through_proxies is not None:
        parts.append(f"behind the proxy at {printable(target.through_proxies.shown)}")
    own = target.dialect.is_protocol
    parts += ["without echo"] if own and not declared.echo else []
    parts += ["with server pings"] if own and declared.server_ping else []
    parts += ["with inbound liveness"] if own and declared.inbound_liveness else []
    parts += ["with one connection per user"] if declared.one_per_user else []
    return ", ".join(parts)


def circumstances(result: Result) -> str:
    """When and how the run went: what one needs in order to trust it or to make it again."""
    options = result.options
    drawn = f"{options.examples} examples"
    if result.crowd is not None:
        drawn = f"a crowd of {result.crowd.connections} connections"
    return (
        f"{printable(result.started)}, took {seconds(result.duration)}, "
        f"seed {options.seed}, {drawn}, "
        f"wsbeat itself late by at most {seconds(result.harness_lateness)}"
    )


def outcome(result: Result) -> str:
    """The last line of a report: the outcome, the exit code, and what they rest on."""
    counted = [
        f"{count} {words}{_named(result, verdict)}"
        for verdict, words in VERDICTS.items()
        if (count := result.counts.get(verdict, 0))
    ]
    if untrue := len(result.untrue):
        entries = "entry is" if untrue == 1 else "entries are"
        counted.insert(0, f"{untrue} {entries} untrue in the list of known failures")
    stopped = "interrupted, " if result.interrupted else ""
    told = ", ".join(counted) or "no requirement was checked"
    return f"{outcome_in_short(result)} ({stopped}exit code {int(result.exit_code)}): {told}"


def _named(result: Result, verdict: Verdict) -> str:
    """The requirements behind a count that somebody has to look into."""
    if verdict != "failed":
        return ""
    return f" ({', '.join(a.requirement.id for a in by_verdict(result, verdict))})"


def by_verdict(result: Result, *verdicts: Verdict) -> Iterator[Assessment]:
    """The assessments with one of these verdicts, in the order of the contract."""
    return (a for a in result.assessments if a.verdict in verdicts)


def occasions(assessment: Assessment) -> str:
    """How often a requirement could be seen at work: `53`, or `1 of 214` that broke it."""
    seen = assessment.satisfied + assessment.violated + assessment.undecidable
    if assessment.violated:
        return f"{assessment.violated} of {seen}"
    return str(seen)


def headline(assessment: Assessment) -> str:
    """What became of a requirement, with its name."""
    words = VERDICTS[assessment.verdict]
    if not assessment.violated:
        return f"{assessment.requirement.id} {words}"
    seen = assessment.satisfied + assessment.violated + assessment.undecidable
    return (
        f"{assessment.requirement.id} {words} on {assessment.violated} of {seen} "
        f"occasion{'' if seen == 1 else 's'}"
    )
