"""Three failure pages, word for word: what the README shows is what people get.

`WSBEAT_GOLDEN=write pytest tests/rooms/report/formats/test_golden.py` writes the files anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.verdict.verdict import Assessment
from tests.rooms.report.printed import printed
from tests.rooms.report.samples import EARLY_CLOSE, NEVER_CLOSED, SECOND_PONG, passed, result

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("name", "failure"),
    [("second_pong", SECOND_PONG), ("early_close", EARLY_CLOSE), ("never_closed", NEVER_CLOSED)],
)
def test_a_failure_page_is_what_the_golden_file_has(name: str, failure: Assessment) -> None:
    found = printed(result(passed("S-ACCEPT", 3), failure, passed("S-ECHO", 1284)))
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("WSBEAT_GOLDEN") == "write":
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8")
