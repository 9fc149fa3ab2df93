"""The command that shows a violation again says what matters, and tells no secret."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from tests.rooms.verdict.added_up import (
    TWICE,
    URL,
    about,
    selection_of,
    tallies_on,
)
from tests.traces.notation import FAST

PLAIN = ["wsbeat", "server", URL, "--timing", "fast"]
SELECT = ["--select", "S-PONG"]


def command(target: Target | None, **options: Any) -> str:
    tallies = tallies_on(target, **options)
    tallies.add(TWICE)
    [finding] = about("S-PONG", tallies.assessments(selection_of(tallies))).findings
    return finding.reproduce


@pytest.mark.parametrize(
    ("told", "options", "words"),
    [
        ({}, {}, []),
        ({"subprotocols": ("chat", "v 2")}, {}, ["--subprotocol", "chat", "--subprotocol", "v 2"]),
        ({"origin": "https://a.example"}, {}, ["--origin", "https://a.example"]),
        ({"cafile": "my certs/ca.pem"}, {}, ["--cafile", "my certs/ca.pem"]),
        ({"insecure": True}, {}, ["--insecure"]),
        ({"capabilities": Capabilities(echo=False)}, {}, ["--no-echo"]),
        ({"capabilities": Capabilities(server_ping=True)}, {}, ["--server-ping"]),
        ({"capabilities": Capabilities(inbound_liveness=True)}, {}, ["--inbound-liveness"]),
        ({"capabilities": Capabilities(one_per_user=True)}, {}, ["--one-per-user"]),
        ({"headers": {"Cookie": "hush"}}, {}, ["--header", "Cookie: ..."]),
        ({}, {"seed": 7}, ["--seed", "7"]),
        ({}, {"examples": 5}, ["--examples", "5"]),
        (
            {"insecure": True},
            {"seed": 7, "examples": 5},
            ["--insecure", "--seed", "7", "--examples", "5"],
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_the_command_says_what_matters_and_no_more(
    told: dict[str, Any], options: dict[str, Any], words: list[str]
) -> None:
    found = command(Target(URL, FAST, **told), **options)
    assert shlex.split(found) == [*PLAIN, *words, *SELECT]


def test_the_command_says_how_the_server_was_started() -> None:
    started = "env PORT={port} 'my server'"
    url = "ws://127.0.0.1:{port}/ws"
    found = shlex.split(command(Target(url, FAST, command=started).at(20001)))
    assert found == ["wsbeat", "server", "--command", started, url, *PLAIN[3:], *SELECT]


def test_the_command_names_the_config_file() -> None:
    found = command(Target(URL, FAST), config="my beat.toml")
    assert shlex.split(found) == [*PLAIN[:3], "--config", "my beat.toml", *PLAIN[3:], *SELECT]


def test_the_command_names_a_timing_file_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "my timing.json"
    target = Target(URL, replace(FAST, name="mine"), str(file))
    assert shlex.split(command(target)) == [*PLAIN[:3], *SELECT]
    file.touch()
    assert shlex.split(command(target)) == [*PLAIN[:3], "--timing", str(file), *SELECT]


def test_the_command_is_safe_to_paste() -> None:
    url = "ws://host/$(reboot)?a=1&b='; rm -rf ~'"
    found = command(Target(url, FAST, origin="`id`"))
    assert shlex.split(found)[2] == url
    lexer = shlex.shlex(found, posix=True, punctuation_chars=True)
    assert not {"&", ";", "(", ")"} & set(lexer)
    assert "'`id`'" in found


def test_of_saved_traces_an_explanation_is_all_there_is() -> None:
    assert command(None) == "wsbeat judge FILE --select S-PONG"


def test_secrets_are_nowhere(tmp_path: Path) -> None:
    target = Target(
        "wss://mallory:sesame@host:99/ws?x=1",
        FAST,
        headers={"Authorization": "Bearer hush", "X-Key": "hush"},
    )
    tallies = tallies_on(target, tmp_path)
    tallies.add(TWICE)
    seen = tallies.assessments(selection_of(tallies))
    for secret in ("sesame", "mallory", "hush"):
        assert secret not in repr(seen)
    assert "hush" not in repr(target)
    words = shlex.split(about("S-PONG", seen).findings[0].reproduce)
    assert words[2] == "wss://host:99/ws?x=1"
    assert [words[i + 1] for i, word in enumerate(words) if word == "--header"] == [
        "Authorization: ...",
        "X-Key: ...",
    ]
