"""The HTML report: one file, no script, nothing loaded, and nothing of a target is markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from conformance.report.formats.html import render
from conformance.report.wording import VERDICTS as WORDS
from conformance.verdict.result import Result
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    HOSTILE,
    NEVER_CLOSED,
    SECOND_PONG,
    TOO_LATE,
    VERDICTS,
    hostile,
    judged,
    passed,
    result,
)

VOID = {"meta", "input", "line", "rect", "path", "br"}


class Page(HTMLParser):
    """The elements and the text of a page; fails on elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1] == "style"):
            self.words += data


def elements(of: Result) -> list[tuple[str, dict[str, str | None]]]:
    return Page(render(of)).elements


EVERYTHING = result(
    SECOND_PONG, EARLY_CLOSE, NEVER_CLOSED, TOO_LATE, passed("S-ACCEPT"), judged("S-DROP", "warned")
)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_told_with_its_reason(verdict: Verdict) -> None:
    page = Page(render(result(judged("S-PONG", verdict, "for this reason"))))
    assert WORDS[verdict] in page.words
    assert "for this reason" in page.words


@pytest.mark.parametrize("made", [EVERYTHING, hostile(), result()])
def test_it_is_one_file_without_scripts_or_anything_to_load(made: Result) -> None:
    for tag, attributes in elements(made):
        assert tag not in {"script", "link", "img", "iframe", "object", "base", "form", "a"}
        assert not any(name.startswith("on") for name in attributes)
        assert not {"src", "href", "action", "srcset"} & attributes.keys()
    policy = next(a for _, a in elements(made) if "http-equiv" in a)["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert "url(" not in render(made)
    assert "@import" not in render(made)


def test_a_hostile_target_adds_no_element() -> None:
    harmless = [tag for tag, _ in elements(hostile("harmless"))]
    assert [tag for tag, _ in elements(hostile())] == harmless
    page = Page(render(hostile()))
    assert "<script>alert(1)</script>" in page.words
    assert all(char.isprintable() or char == "\n" for char in page.words)


def test_failures_are_open_and_tell_everything() -> None:
    made = elements(EVERYTHING)
    opened = [a["id"] for tag, a in made if tag == "details" and "open" in a]
    assert opened == ["S-PONG", "S-ONLY-PINGS", "S-TIMEOUT-EARLIEST", "S-REPLY-SOON"] or set(
        filter(None, opened)
    ) == {"S-PONG", "S-ONLY-PINGS", "S-TIMEOUT-EARLIEST", "S-REPLY-SOON"}
    words = Page(render(EVERYTHING)).words
    for part in (
        "A ping was answered twice.",
        "exactly one pong",
        "wsbeat server ws://127.0.0.1:8765/ws --timing fast --select S-PONG --seed 0",
        "traces/json_values.jsonl, events 10 to 12",
        "still open after 3.90 s",
    ):
        assert part in words
    assert sum(tag == "svg" for tag, _ in made) == 3


def test_there_is_a_filter_for_every_verdict_in_it() -> None:
    made = elements(EVERYTHING)
    inputs = [attributes["id"] for tag, attributes in made if tag == "input"]
    assert inputs == ["all", "failed", "warned", "passed"]
    labels = [attributes["for"] for tag, attributes in made if tag == "label"]
    assert labels == inputs
    for verdict in inputs[1:]:
        assert f"#{verdict}:checked ~ section > :not(.{verdict}) {{ display: none; }}" in render(
            EVERYTHING
        )


def test_ids_are_unique() -> None:
    ids = [a["id"] for _, a in elements(EVERYTHING) if "id" in a]
    assert len(ids) == len(set(ids))


def test_it_follows_the_reader_into_the_dark() -> None:
    assert "prefers-color-scheme: dark" in render(EVERYTHING)


def test_it_stays_small() -> None:
    assert len(render(hostile("x" * 10_000_000))) < 500_000
    assert HOSTILE not in render(hostile())
