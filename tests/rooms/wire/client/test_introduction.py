"""The prelude of a dialect, as a server plays it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire.client.introduction import Introduction
from spec.dialect.made import made


def prelude(*stages: dict[str, Any]) -> Introduction:
    return Introduction(
        made(
            {
                "dialect": 1,
                "name": "ours",
                "ping": {"by": "client", "text": "ping"},
                "pong": {"text": "pong"},
                "prelude": stages,
            }
        )
    )


WELCOME = {"by": "server", "text": '{"welcome":true}'}
LOGIN = {"by": "client", "text": '{"login":${id},"token":"${env:OUR_TOKEN}"}'}
FEATURES = {"by": "client", "text": '{"features":${any}}', "optional": True}
GRANTED = {"by": "server", "text": '{"granted":${id}}'}


def said(introduction: Introduction) -> list[str]:
    found = []
    while (due := introduction.due()) is not None:
        found.append(due[0])
    return found


def test_each_side_says_what_is_its_own_in_turn() -> None:
    found = prelude(WELCOME, LOGIN, GRANTED)
    assert said(found) == ['{"welcome":true}']
    assert not found.is_over
    assert not found.takes("ping")
    assert found.takes('{"token": "t", "login": 7}')
    assert not found.is_over
    assert said(found) == ['{"granted":7}']
    assert found.is_over
    assert not found.takes('{"token": "t", "login": 8}')


def test_what_a_client_may_leave_out_is_not_waited_for() -> None:
    found = prelude(FEATURES, LOGIN, GRANTED, FEATURES)
    assert found.takes('{"login":1,"token":"t"}')
    assert said(found) == ['{"granted":1}']
    assert found.is_over
    assert found.takes('{"features":[1]}')


def test_what_only_a_server_may_leave_out_is_not_said() -> None:
    assert said(prelude({**WELCOME, "optional": True}, GRANTED)) == ['{"granted":1}']


def test_a_secret_is_said_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_TOKEN", "s3cr3t")
    found = prelude({"by": "server", "text": '{"key":"${env:OUR_TOKEN}"}'})
    assert found.due() == ('{"key":"s3cr3t"}', '{"key":"${env:OUR_TOKEN}"}')
