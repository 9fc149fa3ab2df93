"""A limit that is declared is one of bytes, and a server has to keep to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import Behaviour, Close
from tests.mutants.compliant import parse
from tests.mutants.matrix import report_of
from tests.mutants.mutant import Change
from tests.mutants.virtual import server_result

LIMIT = 2**20


def limited_in_bytes(server: Behaviour) -> Behaviour:
    return replace(server, limit=LIMIT)


def limited_in_characters(server: Behaviour) -> Behaviour:
    def parsed(text: str) -> object:
        if len(text) > LIMIT:
            raise ValueError("too many characters")
        return parse(text)

    return replace(
        server,
        limit=None,
        parse=parsed,
        not_json=lambda text: [Close(1009)] if len(text) > LIMIT else [],
    )


@pytest.mark.parametrize(
    ("change", "failed"), [(limited_in_bytes, set()), (limited_in_characters, {"S-SIZE"})]
)
def test_a_limit_is_one_of_bytes(change: Change, failed: set[str]) -> None:
    server = replace(find("compliant"), change=change)
    report = report_of(server_result(server, (), load_timing("fast"), max_message=LIMIT))
    assert report.failed == failed, str(report)
