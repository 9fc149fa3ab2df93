"""``asyncapi.yaml`` is a valid AsyncAPI document, and says what the rest of the contract says."""

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

import spec

ROOT = Path(__file__).parents[2]
OFFICIAL = Path("@asyncapi", "specs", "schemas", "3.0.0.json")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    text = (resources.files("spec") / "asyncapi.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    """AsyncAPI's own JSON Schema, where ``npm install`` or ``NODE_PATH`` has put it."""
    elsewhere = [Path(each) for each in os.environ.get("NODE_PATH", "").split(os.pathsep) if each]
    for modules in [ROOT / "node_modules", *elsewhere]:
        if (modules / OFFICIAL).is_file():
            return Draft7Validator(json.loads((modules / OFFICIAL).read_text("utf-8")))
    pytest.skip(
        f"AsyncAPI's official schema is not installed: run `npm install` in {ROOT}, or let "
        "NODE_PATH name a node_modules folder with @asyncapi/specs in it"
    )


def test_it_is_valid_by_the_official_schema(
    document: dict[str, Any], official: Draft7Validator
) -> None:
    assert [f"{e.json_path}: {e.message:.200}" for e in official.iter_errors(document)] == []


def test_the_official_schema_would_refuse_a_wrong_action(
    document: dict[str, Any], official: Draft7Validator
) -> None:
    operation = {**document["operations"]["sendPing"], "action": "shout"}
    assert not official.is_valid({**document, "operations": {"sendPing": operation}})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = [*_references(document)]
    assert len(references) > 15
    for reference in references:
        file, _, pointer = reference.partition("#")
        if file:
            content = json.loads((resources.files("spec") / file).read_text("utf-8"))
            Draft202012Validator.check_schema(content)
        place: Any = document
        for step in pointer.split("/")[1:]:
            place = place[step]


def test_examples_are_valid_by_the_schemas_they_refer_to(document: dict[str, Any]) -> None:
    for name, message in document["components"]["messages"].items():
        for example in message["examples"]:
            if name == "business":
                assert spec.validate("ping", example["payload"]) != []
            else:
                assert spec.validate(name, example["payload"]) == []


def test_constants_are_those_of_production(document: dict[str, Any]) -> None:
    production = spec.load_timing("production").to_json()
    assert document["x-constants"] == {k: v for k, v in production.items() if k != "name"}


def test_version_and_close_are_those_of_the_text(document: dict[str, Any]) -> None:
    assert document["info"]["version"] == spec.version()
    close = document["x-heartbeat-close"]
    rows = [row for row in spec.close_codes() if row.reason == f"`{close['reason']}`"]
    assert [(row.first, row.last, row.sent_by) for row in rows] == [
        (close["code"], close["code"], "server")
    ]


def test_every_requirement_that_it_names_exists(document: dict[str, Any]) -> None:
    words = json.dumps(document).replace("(", " ").replace(")", " ").replace(",", " ").split()
    named = {word for word in words if word[:2] in ("S-", "C-", "B-", "D-")}
    assert len(named) > 5
    assert named <= {each.id for each in spec.requirements()}


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if "$ref" in value else []
        return here + [found for each in value.values() for found in _references(each)]
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    return []
