"""The Markdown report: what needs attention is open, and the target cannot write any of it."""

from __future__ import annotations

import re

import pytest

from conformance.report.formats.markdown import render
from conformance.report.wording import VERDICTS as WORDS
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    HOSTILE,
    SECOND_PONG,
    VERDICTS,
    failed,
    finding,
    hostile,
    judged,
    passed,
    result,
    sent,
)


def outside_code(text: str) -> str:
    """What is left when fenced blocks are taken out: what Markdown would interpret."""
    return re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_told(verdict: Verdict) -> None:
    text = render(result(judged("S-PONG", verdict, "for this reason")))
    assert WORDS[verdict] in text.lower()
    assert "S-PONG" in text


def test_failures_stand_open_and_passes_are_folded_away() -> None:
    text = render(result(passed("S-ACCEPT"), SECOND_PONG, EARLY_CLOSE))
    assert text.startswith("## wsbeat: violated\n")
    assert "### S-PONG: failed" in text
    assert '0.001  <-  {"type":"pong"}' in text
    folded = text[text.index("<details>") :]
    assert "S-ACCEPT" in folded
    assert "S-PONG" not in folded


def test_a_hostile_target_stays_in_code_or_escaped() -> None:
    text = outside_code(render(hostile()))
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert all(char.isprintable() or char == "\n" for char in text)
    for row in (line for line in text.splitlines() if line.startswith("|")):
        assert len(re.findall(r"(?<!\\)\|", row)) == 5, row


@pytest.mark.parametrize("ticks", ["```", "`````", "\n```\n# not a heading\n"])
def test_backticks_of_a_target_do_not_end_the_block(ticks: str) -> None:
    shown = failed("S-ECHO", finding("S-ECHO", "Wrong.", sent(0, 0, ticks), actual=ticks))
    assert "`" not in outside_code(render(result(shown)))


def test_links_and_mentions_are_plain_text() -> None:
    because = "see [this](https://evil.example) @everyone <b>"
    text = render(result(judged("S-PONG", "inconclusive", because)))
    assert "https://evil" not in text
    assert r"\@everyone \<b\>" in text


def test_it_stays_small() -> None:
    assert len(render(hostile("x" * 10_000_000))) < 200_000
    assert len(render(hostile(HOSTILE))) < 50_000
