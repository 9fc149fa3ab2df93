"""`list` and `explain`: complete, true, and fit for pipes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spec
from conformance.rules import rules
from conformance.scenarios import scenarios
from conformance.scenarios.client.pairs import pairs
from tests.rooms.cli.conftest import Wsbeat


def test_the_list_has_every_requirement_on_one_line(wsbeat: Wsbeat) -> None:
    lines = wsbeat("list").output.splitlines()
    for requirement in spec.requirements():
        found = [line for line in lines if f" {requirement.id} " in line]
        assert len(found) == 1
        assert requirement.sentence in found[0]
        assert f" {requirement.level} " in found[0]


def test_the_list_marks_what_is_checked(wsbeat: Wsbeat) -> None:
    marked = {line.split()[1] for line in wsbeat("list").output.splitlines() if line[2:3] == "*"}
    assert marked == {rule.requirement for rule in rules()}
    assert f"{len(marked)} of {len(spec.requirements())}" in wsbeat("list").output


def test_the_list_as_json(wsbeat: Wsbeat) -> None:
    documents = json.loads(wsbeat("list", "--json").output)
    assert [each["id"] for each in documents] == [each.id for each in spec.requirements()]
    assert {each["id"] for each in documents if each["checked"]} == {
        rule.requirement for rule in rules()
    }
    assert documents[0].keys() == {
        "id", "level", "since", "section", "roles", "capability", "sentence", "checked"
    }  # fmt: skip


def test_the_scenarios_are_listed_with_what_they_exercise(wsbeat: Wsbeat) -> None:
    text = wsbeat("list", "--scenarios").output
    documents = json.loads(wsbeat("list", "--scenarios", "--json").output)
    assert [each["name"] for each in documents] == [each.name for each in scenarios()]
    for scenario in scenarios():
        assert scenario.name in text
        assert ", ".join(scenario.exercises) in text
    for pair in pairs():
        assert (", ".join(pair.scenarios) or pair.why_not) in text
        for document in documents:
            named = {"first": pair.first, "second": pair.second} in document["pairs"]
            assert named is (document["name"] in pair.scenarios)


@pytest.mark.parametrize("requirement", [rule.requirement for rule in rules()])
def test_an_explanation_tells_everything(requirement: str, wsbeat: Wsbeat) -> None:
    words = " ".join(wsbeat("explain", requirement).output.split())
    known = spec.requirement(requirement)
    for part in (known.sentence, known.why, known.section, f"--select {requirement}"):
        assert part in words
    how = next(rule.how for rule in rules() if rule.requirement == requirement)
    assert " ".join(how.split()) in words
    for scenario in scenarios():
        if requirement in scenario.exercises:
            assert scenario.name in words


def test_what_is_not_checked_yet_is_said_to_be_so(wsbeat: Wsbeat) -> None:
    unchecked = {each.id for each in spec.requirements()} - {rule.requirement for rule in rules()}
    for name in unchecked:
        outcome = wsbeat("explain", name)
        assert outcome.exit_code == 0
        assert "This version of wsbeat does not check it." in outcome.output
        assert "--select" not in outcome.output


def test_lines_of_an_explanation_fit(wsbeat: Wsbeat) -> None:
    for requirement in spec.requirements():
        lines = wsbeat("explain", requirement.id).output.splitlines()
        assert all(len(line) <= 100 for line in lines)


def test_the_version(wsbeat: Wsbeat) -> None:
    assert wsbeat("--version").output == f"wsbeat 0.1.0, protocol {spec.version()}\n"


def test_an_explanation_links_to_the_manual(
    wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def linked(*arguments: str) -> list[str]:
        lines = wsbeat("explain", "S-PONG", *arguments).output.splitlines()
        return [line.strip() for line in lines if "://" in line]

    page = "spec/protocol.html#s-pong"
    assert linked() == []
    Path("wsbeat.toml").write_text('role = "client"\nmanual = "https://file.example"')
    assert linked() == [f"https://file.example/{page}"]
    monkeypatch.setenv("WSBEAT_MANUAL", "https://variable.example")
    assert linked() == [f"https://variable.example/{page}"]
    assert linked("--manual", "https://option.example") == [f"https://option.example/{page}"]


@pytest.mark.parametrize("text", ["manual = 1", "not TOML", "manual = "])
def test_a_file_that_cannot_be_read_keeps_nothing_from_being_explained(
    text: str, wsbeat: Wsbeat
) -> None:
    Path("wsbeat.toml").write_text(text)
    assert wsbeat("explain", "S-PONG").exit_code == 0


def test_an_explanation_refuses_what_is_no_address(wsbeat: Wsbeat) -> None:
    refused = wsbeat("explain", "S-PONG", "--manual", "nowhere")
    assert refused.exit_code == 2
    assert "no address of a manual" in refused.output
