"""The JSON report: all that is known about a run, in the form of `report.schema.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import spec
from conformance import __version__
from conformance.report import crowd
from conformance.report.manual import address
from conformance.rules.observation import Window
from conformance.trace.event import Event
from conformance.verdict.finding import Finding
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment

LONGEST_CONTENT = 4096
"""How many characters of a text, or bytes of a binary message, are kept; the trace has them all."""


def document(result: Result) -> dict[str, Any]:
    """The report as `report.schema.json` has it.

    Texts of the target stay as they were, save that the longest are cut.
    """
    return {
        "wsbeat": __version__,
        "spec": spec.version(),
        **({} if result.options.protocol is None else {"protocol": result.options.protocol}),
        **_dialect(result),
        "target": result.target.shown,
        "role": result.role,
        "timing": result.target.timing.to_json(),
        "capabilities": result.target.capabilities.to_json(),
        "seed": result.options.seed,
        "examples": result.options.examples,
        "started": result.started,
        "outcome": result.outcome,
        "exit_code": int(result.exit_code),
        "duration": round(result.duration, 3),
        "harness_lateness": round(result.harness_lateness, 6),
        "interrupted": result.interrupted,
        "notes": list(result.notes),
        **_known_failing(result),
        "counts": dict(result.counts),
        "requirements": [_requirement(assessment, result) for assessment in result.assessments],
        **({} if result.crowd is None else {"crowd": crowd.document(result.crowd)}),
    }


def render(result: Result) -> str:
    """The report as JSON in ASCII: whatever the target said, every reader can decode it."""
    return json.dumps(document(result), indent=2) + "\n"


def _dialect(result: Result) -> dict[str, Any]:
    """Which dialect the outcome is about, where it is not the protocol's own."""
    dialect = result.target.dialect
    if dialect.is_protocol:
        return {}
    return {"dialect": {"name": dialect.name, "version": dialect.version}}


def _known_failing(result: Result) -> dict[str, Any]:
    """The list of known failures, where there was one, and which of its entries are not true."""
    if result.options.known_failing_file is None:
        return {}
    untrue = {each.entry: each.why for each in result.untrue}
    return {
        "known_failing": [
            {
                "requirement": each.requirement,
                "reason": each.reason,
                "expires": each.expires.isoformat(),
                **{
                    key: value
                    for key, value in (("scenario", each.scenario), ("message", each.message))
                    if value is not None
                },
                "untrue": untrue.get(each),
            }
            for each in result.options.known_failing
        ]
    }


def _requirement(assessment: Assessment, result: Result) -> dict[str, Any]:
    requirement = assessment.requirement
    link = address(result.options.manual, requirement.id)
    return {
        "id": requirement.id,
        "level": requirement.level,
        "since": requirement.since,
        "section": requirement.section,
        "sentence": requirement.sentence,
        **({} if link is None else {"manual": link}),
        "verdict": assessment.verdict,
        "because": None if assessment.because is None else _cut(assessment.because),
        "satisfied": assessment.satisfied,
        "violated": assessment.violated,
        "undecidable": assessment.undecidable,
        "findings": [_finding(finding) for finding in assessment.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "scenario": _cut(finding.scenario),
        "message": _cut(finding.message),
        "expected": _cut(finding.expected),
        "actual": _cut(finding.actual),
        "trace": finding.trace,
        "events": [_event(event) for event in finding.events],
        "window": None if finding.window is None else _window(finding.window),
        "reproduce": finding.reproduce,
        **({"replay": finding.replay} if finding.replay else {}),
        "printed": _cut(finding.printed),
    }


def _event(event: Event) -> dict[str, Any]:
    """The event as `trace-event.schema.json` has it; of a message that is cut, with its `size`."""
    content = event.content
    if event.opcode in ("text", "binary") and isinstance(content, str | bytes):
        if len(content) <= LONGEST_CONTENT:
            return event.to_json()
        whole = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
        return replace(event, content=content[:LONGEST_CONTENT]).to_json() | {"size": len(whole)}
    line = event.to_json()
    return line | {name: _cut(value) for name, value in line.items() if isinstance(value, str)}


def _window(window: Window) -> dict[str, Any]:
    return {
        "from": window.earliest,
        "to": window.latest,
        "observed": [round(moment, 6) for moment in window.observed],
        "unit": "s",
        "since": _cut(window.since),
    }


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= LONGEST_CONTENT
        else f"{text[:LONGEST_CONTENT]}... ({len(text)} characters)"
    )
