"""The file of a dialect: read, held against its schema, and checked for what that cannot say.

An error is one sentence that says where, what was found and what was expected.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import spec
from spec.dialect.dialect import ENVIRONMENT, NOW, NUMBER, PROTOCOL, Dialect, canonical
from spec.dialect.made import made
from spec.dialect.model import ANY, FURTHER, HOLE, TemplateError
from spec.dialect.shipped import document_of, names, shipped
from spec.dialect.template import Template
from spec.dialect.together import faults_together
from spec.suggestion import suggestion

LARGEST = 256 * 1024
"""How many bytes the file of a dialect may have."""

KNOWN_HOLES = (NUMBER, NOW, ANY, "env:NAME")

RESERVED = (1004, 1005, 1006, 1015)
"""Codes that stand in no Close (RFC 6455, section 7.4.1)."""


class DialectError(ValueError):
    """What describes no dialect; the text is one sentence."""


def read_dialect(given: str) -> Dialect:
    """The dialect of this name that comes with wsbeat, or the one that this file describes."""
    if given in names():
        return shipped(given)
    path = Path(given)
    try:
        if path.stat().st_size > LARGEST:
            raise DialectError(f"{given}: found more than {LARGEST} bytes, expected a dialect")
        content = path.read_bytes()
    except FileNotFoundError:
        near = suggestion(given, names())
        raise DialectError(
            f"{given}: no file and no dialect of that name was found, expected one of "
            f"{', '.join(names())} or the path of a TOML file{near}"
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, DialectError):
            raise
        raise DialectError(f"{given!r:.80}: it cannot be read ({_cause(error)})") from None
    try:
        document = tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise DialectError(f"{given}: found bytes that are not UTF-8, expected TOML") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DialectError(f"{given}: found no TOML ({_cause(error)})") from None
    return read_document(document, given)


def read_document(document: Mapping[str, Any], where: str = "dialect") -> Dialect:
    """The dialect that the content of a file describes; raises DialectError."""
    try:
        canonical(document)
    except (TypeError, ValueError, RecursionError):
        raise DialectError(
            f"{where}: found a date or a number that JSON has not, expected none"
        ) from None
    for problem in spec.validate("dialect", document):
        place = problem.where.removeprefix("$").removeprefix(".")
        raise DialectError(
            f"{where}{f', {place}' if place else ''}: expected "
            f"{_in_toml(place, problem.expected, problem.found)}; found {problem.found}"
            f"{_put_above(place, problem.found)}"
        )
    if document["name"] == PROTOCOL and canonical(document) != canonical(document_of(PROTOCOL)):
        raise DialectError(
            f'{where}, name: found "{PROTOCOL}", which is the protocol\'s own; expected another'
        )
    for place, fault in _faults(document):
        raise DialectError(f"{where}, {place}: {fault}")
    return made(document)


def _in_toml(place: str, expected: str, found: str) -> str:
    """What was expected, and how that is written in TOML."""
    if place.startswith("timing") and expected == "number":
        return "number, of seconds"
    if expected != "array":
        return expected
    if found.startswith("{"):
        return f"array: [[{place}]], in two brackets"
    return f"array, such as [{found}]"


def _put_above(place: str, found: str) -> str:
    """Where a member belongs that was written below a table, if it is one of the whole file."""
    member = re.match(r'a member "(\w+)"', found)
    properties = spec.schema("dialect")["properties"]
    above = [key for key, described in properties.items() if not _is_a_table(described)]
    if not place or member is None or member[1] not in above:
        return ""
    return f". It belongs above the first table: what stands below [{place}] is part of that"


def _is_a_table(described: Mapping[str, Any]) -> bool:
    """Whether a member is written as a table, or as several of them."""
    return "object" in (described.get("type"), described.get("items", {}).get("type"))


def _cause(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return re.sub(r"\s+", " ", text)


def _faults(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a document of the right shape: where, and in words."""
    for place, written in _messages(document):
        yield from _faults_of_message(place, written)
    if isinstance(document.get("business"), dict):
        business = document["business"]
        for key in ("say", "hear"):
            if key in business:
                is_exact = business.get("exact", False)
                yield from _faults_of_text(f"business.{key}", business[key], is_exact=is_exact)
    for place, ends in _ends(document):
        yield from _faults_of_ends(place, ends)
    yield from _faults_of_prelude(document)
    yield from faults_together(document)


def _messages(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in ("ping", "pong", "echo"):
        if name in document:
            yield name, document[name]
    for name in ("prelude", "event"):
        for number, each in enumerate(document.get(name, ())):
            yield f"{name}[{number}]", each


def _faults_of_text(
    place: str, text: str, *, is_exact: bool = False, is_open: bool = False
) -> Iterator[tuple[str, str]]:
    try:
        template = Template(text, is_open, is_exact)
    except TemplateError as error:
        yield place, f"found {text!r:.60}, in which {error}; {_holes_expected()}"
        return
    if "${" in HOLE.sub("", text):
        yield place, f"found {text!r:.60} with a hole that does not end, expected ${{name}}"
    for name in template.names:
        known = (NUMBER, NOW, ANY, "message") if place.startswith("echo") else (NUMBER, NOW, ANY)
        if name not in known and not re.fullmatch(r"env:[A-Za-z_]\w*", name):
            near = suggestion(name, known)
            yield place, f"found the hole ${{{name}}}, {_holes_expected()}{near}"
    if text.lstrip().startswith(("{", "[")) and not template.is_json and not is_exact:
        yield (
            place,
            f"found {text!r:.60}, which begins like JSON and is none{_up_to(text)}; expected JSON, "
            "or `exact = true` for a text that is compared as it is",
        )


def _up_to(text: str) -> str:
    """What comes after the JSON at the beginning of a text, such as a separator of records."""
    try:
        _, end = json.JSONDecoder().raw_decode(HOLE.sub("0", text).lstrip())
    except ValueError:
        return ""
    return f": behind it comes {HOLE.sub('0', text).lstrip()[end:]!r:.20}"


def _holes_expected() -> str:
    return f"expected one of {', '.join(f'${{{name}}}' for name in KNOWN_HOLES)}"


def _faults_of_message(place: str, written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    flags = {"is_exact": written.get("exact", False), "is_open": written.get("further", False)}
    for key in ("text", "hear", "known_by"):
        if key in written:
            faults = list(_faults_of_text(f"{place}.{key}", written[key], **flags))
            yield from faults
            if faults:
                return
    said = Template(written["text"], **flags)
    if said.is_json and said.has_further:
        yield (
            f"{place}.text",
            f'found a member "{FURTHER}", which cannot be said; expected it in `hear`',
        )
    if flags["is_open"] and not said.is_object:
        yield f"{place}.further", "found it for what is no JSON object, expected it left out"
    example = said.say(lambda name: 1)
    value = said.example_value(example)
    for key in ("hear", "known_by"):
        if key in written and Template(written[key], **flags).read(example, value) is None:
            quoted = " (a hole in quotes is a string)" if '"${' in written[key] else ""
            yield (
                f"{place}.{key}",
                f"found {written[key]!r:.60}, which does not fit what is said, "
                f"{written['text']!r:.60}; expected it to fit that as well{quoted}",
            )


def _faults_of_prelude(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a server says first, and cannot be known by."""
    for number, written in enumerate(document.get("prelude", ())):
        if written["by"] == "client":
            continue
        template = Template(written["text"])
        if any(name.startswith(ENVIRONMENT) for name in template.names):
            yield (
                f"prelude[{number}].text",
                "found a secret that the server says, expected ${any} in its place",
            )
            continue
        dialect = made(document)
        beats = {"pong": dialect.pong} if dialect.client_pings else {}
        beats |= {"ping": dialect.ping} if dialect.server_pings else {}
        form = dialect.prelude[number].form
        for what, beat in beats.items():
            text = "" if beat is None else dialect.say(beat, 1)
            if beat is not None and form.read(text, form.said.example_value(text)) is not None:
                yield (
                    f"prelude[{number}].{'hear' if 'hear' in written else 'text'}",
                    f"found what is a {what}, too; expected what differs from it",
                )


def _ends(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "timeout.close", document.get("timeout", {}).get("close", [])
    for name, allowed in document.get("others", {}).items():
        yield f"others.{name}", [] if isinstance(allowed, str) else allowed
    for name in ("gives_up", "stays_away", "may_stay_away"):
        yield f"client.{name}", document.get("client", {}).get(name, [])


def _faults_of_ends(place: str, ends: list[int | str]) -> Iterator[tuple[str, str]]:
    for each in ends:
        parts = [int(part) for part in re.findall(r"\d+", str(each))]
        if not parts:
            continue
        if any(not 1000 <= code <= 4999 for code in parts):
            yield place, f"found {each}, expected codes from 1000 to 4999"
        elif len(parts) == 2 and parts[0] > parts[1]:
            yield place, f'found "{each}", expected the lower code first'
        elif len(parts) == 1 and parts[0] in RESERVED:
            word = {1005: '"empty"', 1006: '"abort"'}.get(parts[0], "another code")
            yield place, f"found {each}, which stands in no Close; expected {word}"
