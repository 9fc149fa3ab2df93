"""The first failure as a script that needs nothing of wsbeat, to be handed to somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.standalone import client, server
from conformance.report.standalone.script import NotInAScript
from conformance.targets.server import Target
from conformance.verdict.finding import Finding
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment

NOTHING = '''\
"""Nothing failed, so there is nothing to show."""
'''


def render(result: Result) -> str:
    """The script of the first finding that can be shown in one; of MUSTs before that of SHOULDs."""
    why = ""
    for assessment, finding in _findings(result):
        try:
            return _script(assessment, finding, result)
        except NotInAScript as error:
            why = why or f"{assessment.requirement.id} cannot be shown in a script: {error}."
    return f'"""{why}"""\n' if why else NOTHING


def _findings(result: Result) -> Iterator[tuple[Assessment, Finding]]:
    ordered = sorted(result.assessments, key=lambda each: each.verdict != "failed")
    for assessment in ordered:
        if assessment.verdict in ("failed", "warned"):
            for finding in assessment.findings:
                yield assessment, finding


def _script(assessment: Assessment, finding: Finding, result: Result) -> str:
    trace, requirement = finding.story, assessment.requirement
    if trace is None:
        raise NotInAScript("all that was seen of it is not known any more")
    if not trace.dialect.is_protocol:
        raise NotInAScript(f"scripts do not speak {trace.dialect.name}")
    heading = server.top(requirement.id, requirement.sentence)
    if trace.role == "client":
        return heading + client.script(finding, trace)
    target = result.target
    headers = tuple(target.headers) if isinstance(target, Target) else ()
    return heading + server.script(finding, trace, trace.target, headers)
