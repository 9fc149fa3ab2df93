"""The JUnit report: one test case per requirement, red exactly when the exit code is not 0.

`<failure>` is a violated requirement. `<error>` is one that was selected and stayed unsettled:
a suite that goes green on what it did not see is worse than none.
"""

from __future__ import annotations

from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

import spec
from conformance import __version__
from conformance.report.failure.page import text
from conformance.report.wording import OUTCOMES, VERDICTS, headline, outcome
from conformance.targets.printable import printable
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment


def render(result: Result) -> str:
    """The report as XML."""
    suite = TestSuite(f"wsbeat {result.role}")
    suite.timestamp = result.started
    for name, value in _properties(result).items():
        suite.add_property(name, printable(value))
    cases = [_case(assessment, result) for assessment in result.assessments]
    if result.untrue:
        cases.append(_untrue(result))
    if result.outcome == "incomplete" and not any(_is_red(case) for case in cases):
        cases.append(_incomplete(result))
    for case in cases:
        suite.add_testcase(case)
    suite.time = round(result.duration, 3)
    report = JUnitXml("wsbeat")
    report.add_testsuite(suite)
    report.time = suite.time
    ElementTree.indent(report._elem)
    xml = ElementTree.tostring(report._elem, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}\n'


def _properties(result: Result) -> dict[str, str]:
    return {
        "target": result.target.shown,
        "timing": result.target.timing.name,
        "seed": str(result.options.seed),
        "examples": str(result.options.examples),
        "wsbeat": __version__,
        "spec": spec.version(),
        **_dialect(result),
        "outcome": result.outcome,
        "exit_code": str(int(result.exit_code)),
        "harness_lateness": f"{result.harness_lateness:.6f}",
    }


def _dialect(result: Result) -> dict[str, str]:
    dialect = result.target.dialect
    return {} if dialect.is_protocol else {"dialect": dialect.shown}


def _case(assessment: Assessment, result: Result) -> TestCase:
    requirement = assessment.requirement
    number, _, section = requirement.section.partition(" ")
    case = TestCase(requirement.id, f"wsbeat.{section or number}", 0)
    because = printable(assessment.because or VERDICTS[assessment.verdict])
    match assessment.verdict:
        case "failed":
            case.result = [_failure(assessment, result)]
        case "warned":
            case.system_out = _page(assessment, result)
        case "inconclusive":
            case.result = [_error(assessment, because)]
        case "not_exercised" if requirement.level == "MUST":
            case.result = [_error(assessment, because)]
        case "known_failing":
            case.result = [Skipped(f"{VERDICTS[assessment.verdict]}: {because}")]
            case.system_out = _page(assessment, result)
        case "not_exercised" | "not_applicable" | "excluded":
            case.result = [Skipped(f"{VERDICTS[assessment.verdict]}: {because}")]
    return case


def _failure(assessment: Assessment, result: Result) -> Failure:
    told = [printable(finding.message) for finding in assessment.findings[:1]]
    failure = Failure(": ".join([headline(assessment), *told]), "violated")
    failure.text = _page(assessment, result)
    return failure


def _error(assessment: Assessment, because: str) -> Error:
    error = Error(f"{headline(assessment)}: {because}", assessment.verdict)
    error.text = f"{assessment.requirement.sentence}\n\n{because}\n"
    return error


def _untrue(result: Result) -> TestCase:
    """What makes a report red where nothing failed: untrue entries of known failures."""
    case = TestCase("known failures", "wsbeat.run", 0)
    sentences = [printable(each.why) for each in result.untrue]
    case.result = [Failure(sentences[0], "untrue")]
    case.result[0].text = "\n".join(sentences)
    return case


def _incomplete(result: Result) -> TestCase:
    """What makes a report red that has no other reason to be, such as an interrupted run."""
    case = TestCase("complete", "wsbeat.run", 0)
    case.result = [Error(outcome(result), "interrupted" if result.interrupted else "incomplete")]
    case.result[0].text = OUTCOMES["incomplete"]
    return case


def _page(assessment: Assessment, result: Result) -> str:
    shown = text(assessment, result.target, result.role, manual=result.options.manual)
    return f"\n{shown}\n"


def _is_red(case: TestCase) -> bool:
    return any(isinstance(entry, Error | Failure) for entry in case.result)
