"""Reports go where they were sent, and a place that will not take one is known beforehand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from conformance.report.destination import (
    Destination,
    DestinationError,
    check,
    check_folder,
    write,
)
from conformance.report.formats import FORMATS
from tests.rooms.report.samples import SECOND_PONG, hostile, result

FORMS = tuple(row.name for row in FORMATS)

BEGINNINGS: dict[str, bytes] = {
    "json": b"{",
    "junit": b"<?xml",
    "markdown": b"## wsbeat",
    "html": b"<!doctype html>",
    "badge": b"{",
    "standalone": b'"""',
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written_to_its_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    check([Destination(form, str(file))])
    assert not file.exists()
    write(Destination(form, str(file)), result(SECOND_PONG), io.BytesIO())
    assert file.read_bytes().startswith(BEGINNINGS[form])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_go_to_standard_output(form: str) -> None:
    out = io.BytesIO()
    write(Destination(form, "-"), hostile(), out)
    assert out.getvalue().startswith(BEGINNINGS[form])
    out.getvalue().decode("utf-8")


def test_checking_changes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("the report of the run before")
    check([Destination("json", str(file))])
    assert file.read_text() == "the report of the run before"


@pytest.mark.parametrize("path", ["missing/report.json", "", "."])
def test_what_cannot_be_written_is_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DestinationError, match=r"--json .*no report can be written there"):
        check([Destination("json", path)])


def test_two_reports_cannot_share_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DestinationError, match="--json and --html both go to"):
        check([Destination("json", "a"), Destination("html", "./a")])
    with pytest.raises(DestinationError, match="both go to standard output"):
        check([Destination("json", "-"), Destination("junit", "-")])


def test_a_failure_to_write_is_told(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="could not be written"):
        write(Destination("json", str(tmp_path)), result(), io.BytesIO())


def test_a_folder_for_traces_is_made(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DestinationError, match="--traces"):
        check_folder(tmp_path / "file" / "traces")


def test_json_is_json(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write(Destination("json", str(file)), hostile(), io.BytesIO())
    assert json.loads(file.read_text("ascii"))["wsbeat"]
