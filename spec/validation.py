"""The JSON Schemas of the contract, and what is wrong with a document, in words.

``jsonschema`` is imported by the first validation and not before: most commands never need it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from spec.suggestion import suggestion

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_ENDING = ".schema.json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document: where it is, as a path from ``$``, and what."""

    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; found {self.found}"


@cache
def schema_names() -> tuple[str, ...]:
    """Return the names of the schemas, such as ``target``, in alphabetical order."""
    files = (resources.files("spec") / "schemas").iterdir()
    return tuple(sorted(f.name.removesuffix(_ENDING) for f in files if f.name.endswith(_ENDING)))


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of that name.

    Raises ``LookupError`` for a name that is not one of ``schema_names()``.
    """
    if name not in schema_names():
        raise LookupError(
            f'no schema is called "{name}"; there are {", ".join(schema_names())}'
            f"{suggestion(name, schema_names())}"
        )
    text = (resources.files("spec") / "schemas" / f"{name}{_ENDING}").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def validate(name: str, document: object, part: str | None = None) -> list[Problem]:
    """Return what is wrong with a document by the schema of that name: nothing, when it is valid.

    ``part`` is one of the schema's definitions, where it is known that the document has to be that.
    ``document`` is made of what ``json.loads`` returns. References between the schemas are
    resolved among the files of this package; nothing is fetched.
    """
    direct: list[Problem] = []
    among_alternatives: list[Problem] = []
    for error in _validator(name, part).iter_errors(document):
        (among_alternatives if error.context else direct).extend(_problems(error))
    told = {problem.where for problem in direct}
    further = [problem for problem in among_alternatives if problem.where not in told]
    return sorted(dict.fromkeys([*direct, *further]), key=lambda problem: problem.where)


@cache
def _validator(name: str, part: str | None = None) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - costs 40 ms, seldom needed
    from referencing import Registry, Resource  # noqa: PLC0415 - likewise

    contents = [schema(known) for known in schema_names()]
    registry: Registry[Any] = Registry().with_resources(
        (content["$id"], Resource.from_contents(content)) for content in contents
    )
    if part is None:
        return Draft202012Validator(schema(name), registry=registry)
    # A reference costs more to follow than most of what it leads to costs to check.
    definitions = schema(name)["$defs"]
    return Draft202012Validator(_inlined(definitions[part], definitions), registry=registry)


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """Return a part of a schema with the definitions in place of references to them."""
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/$defs/"):
            return _inlined(definitions[reference.removeprefix("#/$defs/")], definitions)
        return {name: _inlined(value, definitions) for name, value in part.items()}
    return [_inlined(each, definitions) for each in part] if isinstance(part, list) else part


def _problems(error: "ValidationError") -> Iterator[Problem]:
    if error.context:
        for inner in _nearest_branch(error):
            yield from _problems(inner)
    elif error.validator == "additionalProperties":
        yield from _unknown_members(error)
    elif error.validator == "required":
        required: Any = error.validator_value
        present: Any = error.instance
        for member in (each for each in required if each not in present):
            yield Problem(error.json_path, "none", f'a member "{member}"')
    else:
        yield Problem(error.json_path, _shown(error.instance), _expectation(error))


def _nearest_branch(error: "ValidationError") -> list["ValidationError"]:
    """Return the errors of the alternative that the document was most likely meant to be.

    An alternative of another type, or with another value where the document carries its tag,
    was not meant; among those that are left, the one with the fewest errors was.
    """
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)

    def distance(errors: list["ValidationError"]) -> tuple[int, int]:
        return sum(e.validator in ("type", "const", "enum") for e in errors), len(errors)

    return min(branches.values(), key=distance)


def _unknown_members(error: "ValidationError") -> Iterator[Problem]:
    applied: Any = error.schema
    present: Any = error.instance
    known = [*applied.get("properties", {})]
    for member in present:
        if member not in known:
            yield Problem(
                error.json_path,
                f'a member "{member}"{suggestion(member, known)}',
                f"only the members {', '.join(known)}",
            )


def _expectation(error: "ValidationError") -> str:
    bound: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join([bound] if isinstance(bound, str) else bound)
        case "enum":
            return f"one of {', '.join(_shown(value) for value in bound)}"
        case "const":
            return _shown(bound)
        case "minimum":
            return f"{bound} or more"
        case "maximum":
            return f"{bound} or less"
        case "exclusiveMinimum":
            return f"more than {bound}"
        case "exclusiveMaximum":
            return f"less than {bound}"
        case "minLength" | "minItems":
            return f"a length of at least {bound}"
        case "maxItems":
            return f"a length of at most {bound}"
        case "pattern":
            return f"text that matches {bound}"
        case "oneOf":
            return "exactly one of the alternatives"
        case "uniqueItems":
            return "items that differ from each other"
        case _:
            return f"what {error.validator} says: {_shown(bound)}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
