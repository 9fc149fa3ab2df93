"""Reports link each requirement to the manual, where they were told where that is."""

from __future__ import annotations

import json

import pytest

from conformance.config.error import ConfigError
from conformance.config.url import checked_manual
from conformance.report.manual import address
from conformance.targets.options import Options
from tests.rooms.report.printed import printed
from tests.rooms.report.samples import SECOND_PONG, judged, result
from tests.rooms.report.test_rows import FORMS, written

MANUAL = "https://docs.example/wsbeat/"
PONG = f"{MANUAL}spec/protocol.html#s-pong"
LINKED = result(SECOND_PONG, judged("S-ECHO", "passed"), options=Options(manual=MANUAL))
PLAIN = result(SECOND_PONG, judged("S-ECHO", "passed"))


@pytest.mark.parametrize("told", [MANUAL, MANUAL.rstrip("/"), f"{MANUAL}index.html"])
def test_an_address_is_that_of_an_anchor(told: str) -> None:
    assert address(told, "S-PONG") == PONG
    assert address(None, "S-PONG") is None


@pytest.mark.parametrize("form", FORMS)
def test_each_form_links_to_what_failed(form: str) -> None:
    assert PONG in written(LINKED, form)
    assert "protocol.html" not in written(PLAIN, form)


def test_the_console_shows_a_whole_address_however_narrow_it_is() -> None:
    assert f"manual     {PONG}\n" in printed(LINKED, 60)
    assert "manual" not in printed(PLAIN)


def test_what_passed_is_linked_where_there_are_rows_for_it() -> None:
    echo = PONG.replace("pong", "echo")
    assert f'<a href="{echo}" rel="noreferrer">S-ECHO</a>' in written(LINKED, "html")
    assert f"| [S-ECHO]({echo}) |" in written(LINKED, "markdown")
    rows = json.loads(written(LINKED, "json"))["requirements"]
    assert [row["manual"] for row in rows] == [PONG, echo]


@pytest.mark.parametrize(
    "url",
    [
        "docs.example/wsbeat",
        "javascript:alert(1)",
        "https://docs.example/?x=1",
        "https://docs.example/#top",
        "https://docs.example/a)b",
        "https://user:secret@docs.example/",
        'https://docs.example/"onclick="',
        "https://docs.example/\n",
        "",
    ],
)
def test_what_is_no_address_of_a_manual_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="no address of a manual"):
        checked_manual(url)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "https://docs.example/a-b_c/1.1/", "file:///tmp/site/"]
)
def test_what_is_one_is_taken(url: str) -> None:
    assert checked_manual(url) == url
