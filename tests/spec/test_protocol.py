"""``protocol.md`` has the form that it describes, and agrees with itself."""

import re
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pytest

import spec
from spec import contract, document
from spec.document import Heading, Paragraph, Table

TEXT = (resources.files("spec") / "protocol.md").read_text("utf-8")
BLOCKS = document.blocks()
ID = r"\b[SCBD](?:-[A-Z]+)+\b"

MUST = re.findall(
    ID,
    """
S-ACCEPT S-PING-FORM S-PONG S-PONG-FORM S-BURST S-ECHO S-ECHO-DATA S-ECHO-FORM S-IGNORE-NOT-JSON
S-BEYOND-IJSON S-DEPTH S-SIZE S-BINARY S-REPLY-SOON S-ORDER S-VALID-OUTPUT S-QUIET S-CONTROL
S-CLOCK-START S-REFRESH S-ONLY-PINGS S-TIMEOUT-EARLIEST S-TIMEOUT-LATEST S-TIMEOUT-CODE
S-INDEPENDENT S-NO-QUEUE S-SURVIVE S-MONOTONIC C-PING-FORM C-PING-FIRST C-PING-CADENCE
C-PING-ALWAYS C-PING-SINGLE C-RECONNECT C-RECONNECT-FLOOR C-RECONNECT-CEILING C-BACKOFF
C-RECONNECT-SINGLE C-CLOSE-FINAL C-CLOSE-ON-EXIT C-TOLERATE C-STAY C-TLS-VERIFY B-SERVER-PING
B-CLIENT-PONG B-NO-LOOP B-TIMEOUT D-PROXY
""",
)
SHOULD = ["S-DROP", "S-GOING-AWAY", "C-PONG-MISSING", "C-ANSWER-MISSING", "D-PROXY-SILENT"]


def test_no_requirement_is_lost_renamed_or_relaxed() -> None:
    levels = {each.id: each.level for each in spec.requirements()}
    assert levels == {**dict.fromkeys(MUST, "MUST"), **dict.fromkeys(SHOULD, "SHOULD")}


@pytest.mark.parametrize("each", spec.requirements(), ids=lambda each: each.id)
def test_a_requirement_is_one_sentence_with_a_reason_and_a_class(each: spec.Requirement) -> None:
    assert each.sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", each.sentence)
    assert each.why.endswith(".")
    assert re.match(r"\d+(\.\d+)? [A-Z]", each.section)
    expected = {"S": {"server"}, "C": {"client"}, "D": {"deployment"}}
    assert each.roles == expected.get(each.id[0], each.roles)
    assert each.roles
    assert each.roles <= {"server", "client", "deployment"}


def test_capabilities_are_those_of_their_table() -> None:
    rows = contract.table_in(BLOCKS, "Capability", "Unless declared", "Meaning")
    defaults = {row[0].strip("`"): row[1] for row in rows}
    assert defaults == {
        "echo": "on",
        "server_ping": "off",
        "inbound_liveness": "off",
        "one_per_user": "off",
    }
    needed = {each.id: each.capability for each in spec.requirements() if each.capability}
    assert needed == {
        **dict.fromkeys(["S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM"], "echo"),
        **dict.fromkeys(
            ["B-SERVER-PING", "B-CLIENT-PONG", "B-NO-LOOP", "B-TIMEOUT"], "server_ping"
        ),
    }
    assert set(needed.values()) <= defaults.keys()
    assert (
        spec.schema("target")["properties"]["capabilities"]["properties"].keys() == defaults.keys()
    )


def test_plan_b_binds_both_sides() -> None:
    assert spec.requirement("B-NO-LOOP").roles == {"server", "client"}
    assert spec.requirement("B-CLIENT-PONG").roles == {"client"}


def test_plan_b_replaces_the_clock_of_the_core() -> None:
    replaced = {each.id for each in spec.requirements() if each.replaced_under == "server_ping"}
    clock = {each.id for each in spec.requirements() if each.section.startswith("4.")}
    beat = {"C-PING-FIRST", "C-PING-CADENCE", "C-PING-ALWAYS", "C-PING-SINGLE"}
    assert replaced == clock | beat
    assert len(clock) == 6


def test_obligations_stand_in_requirements_only() -> None:
    for block in BLOCKS:
        if isinstance(block, Paragraph) and not contract.opening_id(block.text):
            quoted = re.sub(r'"[A-Z ]+"', "", block.text)
            assert not re.search(r"\b(MUST|SHOULD|SHALL|REQUIRED|RECOMMENDED)\b", quoted), quoted


@pytest.mark.parametrize("word", ["promptly", "timely", "reasonable", "appropriate", "as soon as"])
def test_nothing_is_left_to_taste(word: str) -> None:
    assert word not in TEXT.lower()


def test_every_id_that_is_named_exists() -> None:
    known = {each.id for each in spec.requirements()}
    assert set(re.findall(ID, TEXT)) == known


def test_every_section_that_is_named_exists() -> None:
    numbers = {block.title.split()[0] for block in BLOCKS if isinstance(block, Heading)}
    named = set(re.findall(r"\b[Ss]ection (\d+(?:\.\d+)?)", TEXT))
    assert len(named) > 5
    assert named <= numbers


def test_every_constant_that_is_named_exists() -> None:
    known = {each.name for each in spec.constants()} | {
        "latest_close",
        "shortest_gap",
        "longest_gap",
    }
    others = {
        "server_ping",
        "inbound_liveness",
        "one_per_user",
        "max_message",
        "proxy_read_timeout",
    }
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT))
    assert known - {"tolerance"} <= named
    assert named <= known | others


def test_the_table_of_states_is_closed() -> None:
    rows = contract.table_in(BLOCKS, "State", "Event", "The client", "Next state", "Requirement")
    states = {row[0] for row in rows} - {"any"}
    assert {row[3] for row in rows} - {"unchanged"} <= states
    assert {"idle", "connecting", "open", "waiting", "closed"} == states
    for row in rows:
        assert all("client" in spec.requirement(id).roles for id in re.findall(ID, row[4]))
        assert re.search(ID, row[4])


def test_every_close_code_can_be_read() -> None:
    codes = spec.close_codes()
    assert len(codes) >= 10
    for row in codes:
        assert 1000 <= row.first <= row.last <= 4999
        assert row.reason
        assert row.meaning.endswith(".")
    first = codes[0]
    assert (first.first, first.reason, first.sent_by) == (1000, "`heartbeat timeout`", "server")


def test_only_its_own_close_keeps_a_client_away() -> None:
    away = {(row.first, row.sent_by) for row in spec.close_codes() if not row.client_reconnects}
    assert away == {(1000, "client"), (1001, "client")}


def test_every_close_code_of_a_requirement_stands_in_the_table() -> None:
    listed = {code for row in spec.close_codes() for code in range(row.first, row.last + 1)}
    named = {int(c) for r in spec.requirements() for c in re.findall(r"\b[14]\d{3}\b", r.sentence)}
    assert len(named) > 5
    assert named <= listed


def test_tables_have_no_ragged_rows() -> None:
    tables = [block for block in BLOCKS if isinstance(block, Table)]
    assert len(tables) > 8
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.rows[0])}


def test_the_version_is_that_of_the_title() -> None:
    assert spec.version() == "1.1"


def test_what_each_version_changed_is_written_down() -> None:
    changes = TEXT.partition("\n## C Changes\n")[2]
    versions = re.findall(r"^\*\*Version (\d+\.\d+)\.\*\*", changes, re.M)
    assert versions[0] == spec.version()
    assert versions == sorted(versions, reverse=True)
    assert list(spec.versions()) == versions[::-1]


def test_a_requirement_is_in_the_version_that_brought_it_and_in_later_ones() -> None:
    assert {each.id: each.since for each in spec.requirements() if each.since != "1.0"} == {
        "C-ANSWER-MISSING": "1.1",
        "D-PROXY-SILENT": "1.1",
    }
    changes = "\n## C Changes\n\n**Version {}.**\n\n* S-ECHO is new.\n\n**Version 2.7.** First.\n"
    for newest in ("2.8", "2.10"):
        text = [*document.parse(SMALL + changes.format(newest))]
        assert [each.since for each in contract.requirements_in(text)] == ["2.7", newest]
        assert spec.is_in("2.7", newest)
        assert not spec.is_in(newest, "2.7")
    gone = [*document.parse(SMALL + changes.format("2.8").replace("S-ECHO", "S-GONE"))]
    with pytest.raises(spec.SpecificationError, match="called new, but not stated"):
        contract.requirements_in(gone)


def test_an_unknown_requirement_is_suggested() -> None:
    with pytest.raises(spec.UnknownRequirement) as caught:
        spec.requirement("s-timeout-earlyest")
    assert str(caught.value) == (
        'no requirement is called "s-timeout-earlyest"; did you mean "S-TIMEOUT-EARLIEST"?'
    )
    assert isinstance(caught.value, KeyError)


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


def fresh_python(program: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_it_loads_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import spec; "
        "print(*sorted(m for m in set(sys.modules) - before if not m.startswith('importlib')))"
    )
    loaded = fresh_python(program, Path(spec.__file__).parents[1]).split()
    assert {"spec"} <= set(loaded) <= {"spec", "warnings"}


def test_reading_the_contract_does_not_load_jsonschema() -> None:
    program = (
        "import sys, spec; spec.requirements(), spec.vectors(), spec.exchanges(); "
        "spec.load_timing('fast'); print('jsonschema' in sys.modules)"
    )
    assert fresh_python(program, Path(spec.__file__).parents[1]).strip() == "False"


def test_it_can_be_read_from_an_archive(tmp_path: Path) -> None:
    home = Path(spec.__file__).parent
    with zipfile.ZipFile(tmp_path / "spec.zip", "w") as archive:
        for file in home.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, Path("spec") / file.relative_to(home))
    program = (
        "import spec; print(spec.__file__, spec.version(), len(spec.requirements()), "
        "len(spec.vectors()), len(spec.exchanges()), len(spec.schema_names()), "
        "spec.load_timing('fast').name, spec.validate('pong', {'type': 'pong'}))"
    )
    where, *counts = fresh_python(program, tmp_path / "spec.zip").split()
    assert where.startswith(str(tmp_path))
    assert counts == [
        spec.version(),
        str(len(spec.requirements())),
        str(len(spec.vectors())),
        str(len(spec.exchanges())),
        str(len(spec.schema_names())),
        "fast",
        "[]",
    ]


@pytest.mark.parametrize("name", dir(spec))
def test_every_public_name_leads_somewhere(name: str) -> None:
    assert getattr(spec, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="requirments"):
        spec.requirments  # noqa: B018
