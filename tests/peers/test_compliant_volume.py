"""How much an application may say: more than wsbeat takes in. It takes half a minute to say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.note import MORE_THAN_IS_READ
from conformance.trace.trace import Capabilities
from spec import load_timing
from tests.mutants import find
from tests.mutants.serving import serving

pytestmark = pytest.mark.proof

FAST = load_timing("fast")


def test_more_than_wsbeat_takes_in_is_no_fault_of_an_application(tmp_path: Path) -> None:
    answer = [f'{{"state":"{"x" * 9_000_000}"}}']
    server = replace(
        find("compliant"), change=lambda base: replace(base, echo=lambda talk, data: answer)
    )
    result = check_server_within(
        lambda: serving(server, FAST),
        lambda url: Target(url, FAST, capabilities=Capabilities(echo=False)),
        Options(select=("S-SIZE",), traces=str(tmp_path)),
    )
    assert result.outcome == "conformant", "a ping of 64 KiB gets its pong"
    seen = (tmp_path / "sends_texts_of_64_kib.jsonl").read_text("utf-8")
    assert MORE_THAN_IS_READ.format("server") in seen
