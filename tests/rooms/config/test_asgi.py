"""`asgi:` targets: an application is named, run in uvicorn, and checked."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import spec
from conformance.config import asgi
from conformance.config.asgi import NotAnApplication, is_application, served
from conformance.config.error import ConfigError
from conformance.config.server import Given, requested
from conformance.run.check import check_server
from conformance.targets.options import Options
from conformance.targets.server import PORT

FAST = spec.load_timing("fast")


@pytest.mark.parametrize(
    ("url", "named", "path"),
    [
        ("asgi:app:app", "app:app", "/"),
        ("asgi:shop.main:app/ws?room=1", "shop.main:app", "/ws?room=1"),
        ("ASGI:shop:make.app/", "shop:make.app", "/"),
    ],
)
def test_an_application_is_served_by_a_command(url: str, named: str, path: str) -> None:
    assert is_application(url)
    command, resource = served(url)
    words = shlex.split(command)
    assert words[1:4] == ["-m", "uvicorn", named]
    assert words[-1] == PORT
    assert resource == path


@pytest.mark.parametrize("url", ["asgi:", "asgi:app", "asgi:app:", "asgi::app", "asgi:a b:c"])
def test_what_names_no_application_is_refused_in_words(url: str) -> None:
    with pytest.raises(NotAnApplication, match=r"such as asgi:shop\.main:app/ws"):
        served(url)


def test_without_uvicorn_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "find_spec", lambda _: None)
    with pytest.raises(NotAnApplication, match=r"wsbeat\[reference\]"):
        served("asgi:app:app")


def test_a_file_may_name_an_application(tmp_path: Path) -> None:
    toml = tmp_path / "wsbeat.toml"
    toml.write_text('url = "asgi:reference_server:app/ws"')
    target, _ = requested(Given(), str(toml))
    assert target.url == "ws://127.0.0.1:{port}/ws"
    assert target.command is not None
    assert "reference_server:app" in target.command
    with pytest.raises(ConfigError, match="Leave one out"):
        requested(Given(command="serve {port}"), str(toml))


def test_an_application_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference server without its own transport: all but what that is there for."""
    monkeypatch.setenv("WSBEAT_TIMING", "fast")
    target, _ = requested(Given(url="asgi:reference_server:app/ws", timing="fast"), None)
    options = Options(select=("S-PONG", "S-ECHO", "S-TIMEOUT-CODE"), examples=3)
    result = check_server(target, options, lambda _: None)
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    assert {verdicts[name] for name in options.select} == {"passed"}
