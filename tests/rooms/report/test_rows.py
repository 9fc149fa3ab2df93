"""Every requirement on the role has its row in every report, whatever became of it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from xml.etree import ElementTree

import pytest

import spec
from conformance.report.destination import Destination, write
from conformance.report.formats import FORMATS
from conformance.trace.trace import Role
from conformance.verdict.result import Result
from tests.rooms.report.printed import printed
from tests.rooms.report.samples import VERDICTS, judged, result

FORMS = tuple(row.name for row in FORMATS if row.name not in ("badge", "standalone"))


def every_verdict(role: Role) -> Result:
    """A result in which the verdicts take turns over all requirements on a role."""
    names = [each.id for each in spec.requirements() if role in each.roles]
    return result(
        *(judged(name, VERDICTS[n % len(VERDICTS)], "why") for n, name in enumerate(names))
    )


def written(of: Result, form: str) -> str:
    out = io.BytesIO()
    write(Destination(form, "-"), of, out)
    return out.getvalue().decode("utf-8")


def rows(of: Result, form: str) -> Iterable[str]:
    """The requirements that a report has a row for, as its own reader would find them."""
    text = written(of, form)
    match form:
        case "json":
            return [each["id"] for each in json.loads(text)["requirements"]]
        case "junit":
            return [case.attrib["name"] for case in ElementTree.fromstring(text).iter("testcase")]
    return re.findall(r"\b[SCBD]-[A-Z]+(?:-[A-Z]+)*\b", text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("role", ["server", "client"])
def test_every_requirement_is_in_the_report(role: Role, form: str) -> None:
    made = every_verdict(role)
    names = {each.requirement.id for each in made.assessments}
    assert len(names) > len(VERDICTS)
    assert names <= set(rows(made, form))


@pytest.mark.parametrize("form", ["json", "junit"])
def test_no_requirement_has_two_rows(form: str) -> None:
    found = list(rows(every_verdict("server"), form))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("role", ["server", "client"])
def test_every_requirement_is_on_the_console(role: Role) -> None:
    made = every_verdict(role)
    for each in made.assessments:
        assert re.search(rf"\b{each.requirement.id}\b(?!-)", printed(made)), each.requirement.id
