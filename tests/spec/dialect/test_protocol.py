"""The protocol's own dialect says what protocol.md and its schemas say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.messages.from_client import Business, Ping, message, ping_fault
from conformance.messages.from_server import Echo, Pong, answer
from spec.dialect.dialect import canonical
from spec.dialect.file import read_dialect, read_document
from spec.dialect.made import made
from spec.dialect.shipped import document_of, names, protocol

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["ping", "pong", "echo", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "data", "id", "ping"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def valid(name: str, value: object) -> bool:
    return not spec.validate(name, value)


@given(VALUES)
def test_the_schemas_and_the_dialect_agree_on_every_message(value: Any) -> None:
    text = json.dumps(value)
    read, given_ = message(text, protocol()), answer(text, protocol())
    assert valid("ping", value) == isinstance(read, Ping)
    assert valid("pong", value) == (given_ == Pong())
    assert valid("echo", value) == (isinstance(given_, Echo) and not given_.fault)
    assert isinstance(read, Ping | Business)


def test_it_has_the_numbers_of_production() -> None:
    numbers = {each.name: each.value for each in spec.constants()}
    assert document_of("wsbeat")["timing"] == numbers


def test_it_has_the_version_the_code_and_the_reason_of_the_text() -> None:
    dialect = protocol()
    [row] = [row for row in spec.close_codes() if "heartbeat timeout" in row.reason]
    assert dialect.version == spec.version()
    assert dialect.ends.has(row.first)
    assert dialect.reason == row.reason.strip("`")
    [giving_up] = [row for row in spec.close_codes() if "pong timeout" in row.reason]
    assert dialect.client.gives_up is not None
    assert dialect.client.gives_up.codes == ((giving_up.first, giving_up.last),)


def test_a_client_adds_no_members_to_its_pings() -> None:
    assert ping_fault('{"type":"ping"}', protocol()) == ""
    assert ping_fault('{"type":"ping","id":1}', protocol()) == "it has the further members id"


@pytest.mark.parametrize("name", names())
def test_every_shipped_dialect_is_right_and_says_where_it_is_from(name: str) -> None:
    dialect = read_document(document_of(name), name)
    assert dialect is read_dialect(name)
    assert dialect.name == name
    assert dialect.source


def test_what_says_the_same_is_the_same() -> None:
    copy = json.loads(canonical(document_of("wsbeat")))
    assert made(copy) is protocol()
