"""The schemas are schemas, their examples are valid, and what they refuse is explained."""

import copy
import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import spec

each_schema = pytest.mark.parametrize("name", spec.schema_names())

EVENT: dict[str, Any] = {"n": 0, "connection": 0, "at": [0.0, 0.1]}


def example(name: str, at: int = 0) -> dict[str, Any]:
    chosen: dict[str, Any] = copy.deepcopy(spec.schema(name)["examples"][at])
    return chosen


def said(name: str, document: object) -> list[str]:
    return [str(problem) for problem in spec.validate(name, document)]


def test_these_schemas_exist() -> None:
    assert spec.schema_names() == (
        "dialect",
        "echo",
        "known-failing",
        "ping",
        "pong",
        "report",
        "target",
        "timing",
        "trace-event",
    )


@each_schema
def test_it_is_valid_by_the_meta_schema(name: str) -> None:
    Draft202012Validator.check_schema(spec.schema(name))


@each_schema
def test_it_says_what_it_is(name: str) -> None:
    document = spec.schema(name)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"https://wsbeat.dev/schemas/{spec.version()}/{name}.schema.json"
    assert document["title"].startswith("wsbeat ")
    assert document["description"].endswith(".")


@each_schema
def test_its_examples_are_valid(name: str) -> None:
    examples = spec.schema(name)["examples"]
    assert examples
    assert [said(name, each) for each in examples] == [[]] * len(examples)


@each_schema
def test_it_refuses_what_is_no_object(name: str) -> None:
    assert all(said(name, wrong) for wrong in (None, True, 1, "ping", ["ping"]))


@pytest.mark.parametrize("name", ["pong", "echo", "timing", "target", "report", "known-failing"])
def test_it_refuses_members_that_it_does_not_know(name: str) -> None:
    assert len(said(name, {**example(name), "surplus": 1})) == 1


@pytest.mark.parametrize("at", range(len(spec.schema("trace-event")["examples"])))
def test_every_kind_of_event_is_closed(at: int) -> None:
    event = example("trace-event", at)
    assert len(said("trace-event", {**event, "surplus": 1})) == 1
    for member in event.keys() - {"size"}:
        assert said("trace-event", {k: v for k, v in event.items() if k != member}), member


def test_every_kind_of_event_has_an_example() -> None:
    document = spec.schema("trace-event")
    shown = {(each["kind"], each.get("opcode")) for each in document["examples"]}
    kinds = document["properties"]["kind"]["enum"]
    assert {kind for kind, _ in shown} == set(kinds)
    assert {opcode for _, opcode in shown} >= {"text", "binary", "ping", "pong", "close"}


def test_every_object_in_a_report_is_closed() -> None:
    report = spec.schema("report")
    parts = [report, report["properties"]["capabilities"], *report["$defs"].values()]
    objects = [part for part in parts if part.get("type") == "object"]
    assert len(objects) == 7
    assert all(part["additionalProperties"] is False for part in objects)


def test_the_example_of_a_report_quotes_the_protocol() -> None:
    for shown in example("report")["requirements"]:
        real = spec.requirement(shown["id"])
        quoted = (shown["level"], shown["section"], shown["sentence"])
        assert quoted == (real.level, real.section, real.sentence)


def test_every_requirement_fits_into_a_report() -> None:
    report = example("report")
    template = report["requirements"][1]
    report["requirements"] = [
        {**template, "id": r.id, "level": r.level, "section": r.section, "sentence": r.sentence}
        for r in spec.requirements()
    ]
    assert said("report", report) == []


def test_the_schema_of_timing_describes_the_table_of_constants() -> None:
    members = spec.schema("timing")["properties"].keys() - {"name"}
    assert members == {constant.name for constant in spec.constants()}


@pytest.mark.parametrize(
    ("name", "document", "sentences"),
    [
        (
            "target",
            {"timinng": "fast"},
            ['a member "timinng"; did you mean "timing"?'],
        ),
        (
            "target",
            {"capabilities": {"echos": True}},
            [
                "$.capabilities: expected only the members echo, server_ping, inbound_liveness, "
                "one_per_user; "
                'found a member "echos"; did you mean "echo"?'
            ],
        ),
        (
            "target",
            {"role": "sever"},
            ['$.role: expected one of "server", "client"; found "sever"'],
        ),
        ("target", {"insecure": "no"}, ['$.insecure: expected boolean; found "no"']),
        ("target", {"max_connections": 0}, ["$.max_connections: expected 1 or more; found 0"]),
        (
            "target",
            {"url": "http://x"},
            ["$.url: expected text that matches ^(wss?://|ws\\+unix:|asgi:).; "],
        ),
        ("target", {"timing": 3}, ["$.timing: expected string; found 3"]),
        ("echo", {"type": "echo"}, ['$: expected a member "data"; found none']),
        ("pong", {"type": "ping"}, ['$.type: expected "pong"; found "ping"']),
        ("trace-event", EVENT | {"kind": "snt"}, ['$.kind: expected one of "opening", "opened", ']),
        (
            "trace-event",
            EVENT | {"kind": "sent", "opcode": "text", "txt": ""},
            ['$: expected a member "text"; found none', 'did you mean "text"?'],
        ),
        ("trace-event", EVENT | {"kind": "paused", "at": [1]}, ["$.at: expected a length of at "]),
        ("trace-event", EVENT | {"kind": "late"}, ['$: expected a member "by"; found none']),
    ],
)
def test_a_problem_says_where_and_what(name: str, document: object, sentences: list[str]) -> None:
    problems = said(name, document)
    assert len(problems) == len(sentences)
    for sentence in sentences:
        assert any(sentence in problem for problem in problems), problems


def test_every_file_among_the_schemas_is_one() -> None:
    for file in (resources.files("spec") / "schemas").iterdir():
        assert file.name.endswith(".schema.json")
        json.loads(file.read_text("utf-8"))


def test_an_unknown_schema_is_suggested() -> None:
    with pytest.raises(
        LookupError, match=r'no schema is called "trget"; .* did you mean "target"\?'
    ):
        spec.schema("trget")
