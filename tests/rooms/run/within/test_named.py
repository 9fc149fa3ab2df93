"""What is named is looked for in the current folder, where nothing of wsbeat's hides it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.config.error import ConfigError
from conformance.config.server import Given, requested
from conformance.run.within.named import Named, NotNamed, hidden
from conformance.targets.options import Options
from conformance.targets.reproduce import command_to_see


@pytest.mark.parametrize("package", ["spec", "conformance"])
def test_a_package_that_wsbeat_hides_is_refused(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hidden(str(tmp_path)) is None
    (tmp_path / f"{package}.py").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotNamed, match=f"The package {package} in this folder is hidden"):
        Named.of("asgi:app:app").loaded()


def test_what_a_module_raises_is_not_taken_for_its_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lacks_a_library.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_library_that_nobody_has"):
        Named.of("asgi:lacks_a_library:app").loaded()


def test_an_application_is_requested_by_its_name() -> None:
    target, options = requested(Given(url="asgi:shop.main:app/ws", virtual=True), None)
    assert target.within == "asgi:shop.main:app/ws"
    assert target.timing.name == "production"
    assert target.shown == "asgi:shop.main:app/ws in virtual time"
    assert target.command is None
    assert (
        command_to_see("S-PONG", target, Options(), None)
        == "wsbeat server asgi:shop.main:app/ws --virtual --timing production --select S-PONG"
    )
    assert options == Options()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            Given(url="ws://127.0.0.1/", virtual=True),
            "names nothing that can be checked in virtual",
        ),
        (Given(virtual=True), "names nothing that can be checked in virtual"),
        (Given(url="py:shop:serve"), "Add --virtual"),
        (Given(url="asgi:a:b", virtual=True, command="serve {port}"), "Leave one out"),
        (Given(url="asgi:a:b", virtual=True, insecure=True), "not encrypted"),
    ],
)
def test_what_makes_no_sense_in_virtual_time_is_refused(given: Given, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        requested(given, None)
