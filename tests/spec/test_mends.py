"""Each requirement has its mend, in the form that ``mends.md`` describes."""

import re
from importlib import resources

import pytest

import spec
from spec.mend import MendError, mends_in

TEXT = (resources.files("spec") / "mends.md").read_text("utf-8")
HEAD = "# How\n\nWhat this is.\n\n## S-PONG\n\n"


def test_every_requirement_has_one_in_the_order_of_the_protocol() -> None:
    assert list(spec.mends()) == [each.id for each in spec.requirements()]


@pytest.mark.parametrize("id", spec.mends())
def test_it_is_short_and_whole(id: str) -> None:
    found, requirement = spec.mend_of(id), spec.requirement(id)
    assert found.breaks.endswith(".")
    assert found.mend.endswith((".", "`"))
    assert "\n" not in found.mend
    assert len(found.mend) <= 160, "it is shown as a line of a failure"
    assert "MUST" not in found.breaks + found.mend, "it is not normative"
    for library, text in found.at.items():
        assert text.count("`") % 2 == 0
        assert library != "FastAPI" or "server" in requirement.roles
        assert library != "Browser" or "client" in requirement.roles


def test_constants_and_requirements_in_it_exist() -> None:
    ids = set(re.findall(r"\b[SCBD](?:-[A-Z]+)+\b", TEXT))
    assert ids == {each.id for each in spec.requirements()}


def test_a_mend_is_read_as_it_is_written() -> None:
    [(id, found)] = mends_in(f"{HEAD}It is\nlate.\n\nMend: be quick.\n\n* Node: do `it`.\n")
    assert (id, found) == ("S-PONG", spec.Mend("It is late.", "Be quick.", {"Node": "do `it`."}))


@pytest.mark.parametrize(
    "text",
    [
        "Mend: be quick.\n",
        "It is late.\n",
        "It is late.\n\nBe quick.\n",
        "It is late.\n\nMend: be quick.\n\n* Perl: do it.\n",
        "It is late.\n\nMend: be quick.\n\n## S-PONG\n\nIt is late.\n\nMend: be quick.\n",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(MendError):
        dict(mends_in(HEAD + text))
