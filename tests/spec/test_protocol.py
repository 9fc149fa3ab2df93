"""``protocol.md`` has the form that it describes, and agrees with itself."""

import re
from importlib import resources

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
SHOULD = [
    "S-DROP",
    "S-HANG-UP",
    "S-GOING-AWAY",
    "C-PONG-MISSING",
    "C-ANSWER-MISSING",
    "D-PROXY-SILENT",
]


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
        "S-HANG-UP": "1.1",
        "C-ANSWER-MISSING": "1.1",
        "D-PROXY-SILENT": "1.1",
    }
