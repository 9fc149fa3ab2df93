"""A text of the form of ``protocol.md`` is read as it is written; any other is refused."""

import re

import pytest

import spec
from spec import contract, document

SMALL = """# A protocol, version 2.7

| Class | Role | Capability | Requirements | In place of |
|---|---|---|---|---|
| Server | server | | `S-*` | |
| Echoing | server | `echo` | `S-ECHO` | `S-P*` |

## 1 All

**[S-PONG]** It MUST
answer `ping`.

Some prose.

> Why: because
> it does.

**[S-ECHO]** It SHOULD NOT be silent.

> Why: it is dull.
"""


def test_a_requirement_is_read_as_it_is_written() -> None:
    pong, echo = contract.requirements_in([*document.parse(SMALL)])
    assert pong == spec.Requirement(
        "S-PONG",
        "MUST",
        "1 All",
        "It MUST answer `ping`.",
        "because it does.",
        frozenset({"server"}),
        None,
        "echo",
        "2.7",
    )
    assert pong.binds(set())
    assert not pong.binds({"echo"})
    assert echo.binds({"echo"})
    assert not echo.binds(set())
    assert (echo.replaced_under, contract.conformance_classes()[0].replaced) == (None, ())
    assert (echo.level, echo.capability) == ("SHOULD", "echo")
    assert contract.version_in([*document.parse(SMALL)]) == "2.7"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("[S-ECHO]", "[S-PONG]", "stated twice: S-PONG"),
        ("> Why: it is dull.", "", 'S-ECHO is followed by no quotation that begins with "Why:"'),
        ("> Why: because", "> Because", "S-PONG is followed by no quotation that begins with"),
        ("SHOULD NOT", "may not", "S-ECHO has none of the words MUST, MUST NOT, SHOULD"),
        ("`S-*`", "`X-*`", "S-PONG belongs to 0 conformance classes"),
        ("| `S-ECHO` |", "| `S-ECHO`, `S-GONE` |", "but not stated: ['S-GONE']"),
        ("| `S-P*` |", "| `S-GONE` |", "but not stated: ['S-GONE']"),
        ("`S-*` | |", "`S-*` | `S-PONG` |", "S-PONG is replaced in 2 conformance classes"),
        (
            "| Server | server | | `S-*` | |",
            "| A | server | | `S-*` | |\n| B | server | b | `S-P*` | |",
            "S-PONG belongs to 2 conformance classes with 2 capabilities",
        ),
        ("| Class |", "| Klass |", "no table has the head Class | Role | Capability"),
    ],
)
def test_a_text_of_another_form_is_refused(before: str, after: str, complaint: str) -> None:
    assert before in SMALL
    broken = [*document.parse(SMALL.replace(before, after))]
    with pytest.raises(spec.SpecificationError, match=re.escape(complaint)):
        contract.requirements_in(broken)


@pytest.mark.parametrize(
    "row", ["| 1000 | r | server | M. | maybe |", "| 1000 | r | me | M. | yes |"]
)
def test_a_close_code_of_another_form_is_refused(row: str) -> None:
    head = "| Code | Reason | Sent by | Meaning | Client reconnects |\n|---|---|---|---|---|\n"
    with pytest.raises(spec.SpecificationError, match="close code 1000"):
        contract.close_codes_in([*document.parse(head + row)])


def test_a_title_without_a_version_is_refused() -> None:
    with pytest.raises(spec.SpecificationError, match="no version"):
        contract.version_in([*document.parse("# A protocol")])


def test_a_requirement_is_new_in_the_version_whose_changes_call_it_so() -> None:
    changes = "\n## C Changes\n\n**Version {}.**\n\n* S-ECHO is new.\n\n**Version 2.7.** First.\n"
    for newest in ("2.8", "2.10"):
        text = [*document.parse(SMALL + changes.format(newest))]
        assert [each.since for each in contract.requirements_in(text)] == ["2.7", newest]
        assert spec.is_in("2.7", newest)
        assert not spec.is_in(newest, "2.7")
    gone = [*document.parse(SMALL + changes.format("2.8").replace("S-ECHO", "S-GONE"))]
    with pytest.raises(spec.SpecificationError, match="called new, but not stated"):
        contract.requirements_in(gone)
