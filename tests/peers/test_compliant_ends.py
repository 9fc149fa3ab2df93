"""Servers that end connections by right, and lose by it what they still had to say (section 3.8).

Each is run as it answers at once, and from a queue, of which nothing is written after the Close.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain

import pytest

from conformance.messages.json_text import BeyondIJson, Deep
from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import Behaviour, Close, Conversation, Later, Reaction
from tests.mutants.compliant import parse
from tests.mutants.mutant import Change
from tests.mutants.virtual import server_result
from tests.peers.test_compliant_ranges import NEARLY, verdicts_other_than_passed
from tests.spoken import message

pytestmark = pytest.mark.virtual

FAST = load_timing("fast")
LEVELS = 64
INDENT = "    "
NTH = 13


def refuses_binary(server: Behaviour) -> Behaviour:
    return replace(server, binary=lambda _: [Close(1003, "text only")])


def refuses_what_is_no_i_json(code: int) -> Change:
    def refuses(server: Behaviour) -> Behaviour:
        return _closing(server, BeyondIJson, code)

    return refuses


def refuses_what_is_deep(code: int) -> Change:
    def refuses(server: Behaviour) -> Behaviour:
        return _closing(server, Deep, code)

    return refuses


def _closing(server: Behaviour, kind: type, code: int) -> Behaviour:
    def parsed(text: str) -> object:
        if isinstance(message(text), kind):
            raise ValueError("not taken")
        return parse(text)

    return replace(
        server,
        parse=parsed,
        not_json=lambda text: [Close(code)] if isinstance(message(text), kind) else [],
    )


@pytest.mark.parametrize("echo", [True, False], ids=["echo", "no echo"])
@pytest.mark.parametrize("queued", [False, True], ids=["at once", "from a queue"])
@pytest.mark.parametrize(
    "change",
    [
        refuses_binary,
        refuses_what_is_no_i_json(1007),
        refuses_what_is_no_i_json(1008),
        refuses_what_is_deep(1008),
        refuses_what_is_deep(1009),
    ],
    ids=["binary", "no I-JSON, 1007", "no I-JSON, 1008", "deep, 1008", "deep, 1009"],
)
def test_a_close_by_right_is_no_fault_whatever_is_lost_with_it(
    change: Change, queued: bool, echo: bool
) -> None:
    server = replace(find("compliant"), change=change)
    result = server_result(server, (), FAST, queued=queued, echo=echo)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


@pytest.mark.parametrize(
    "change",
    [refuses_binary, refuses_what_is_no_i_json(1007), refuses_what_is_deep(1009)],
    ids=["binary", "no I-JSON", "deep"],
)
def test_a_close_by_right_may_be_left_to_another_task(change: Change) -> None:
    """What comes until then is answered: the message that it is for is not the last one."""

    def later(base: Behaviour) -> Behaviour:
        server = change(base)
        late = NEARLY * FAST.reply_deadline
        return replace(
            server,
            binary=lambda data: [Later(late, each) for each in closes(server.binary(data))],
            not_json=lambda text: [Later(late, each) for each in closes(server.not_json(text))],
        )

    def closes(reaction: Reaction) -> list[Close]:
        return [each for each in reaction if isinstance(each, Close)]

    result = server_result(replace(find("compliant"), change=later), (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


@pytest.mark.parametrize("queued", [False, True], ids=["at once", "from a queue"])
def test_a_server_that_is_full_may_say_so_once_it_has_accepted(queued: bool) -> None:
    """Many frameworks cannot refuse a handshake: whoever is too many is closed with 1013."""
    guests: list[Conversation] = []

    def greeting(talk: Conversation) -> Reaction:
        guests.append(talk)
        return [Close(1013, "full")] if len(guests) % NTH == 0 else []

    server = replace(find("compliant"), change=lambda base: replace(base, greeting=greeting))
    result = server_result(server, (), FAST, queued=queued)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"


@pytest.mark.parametrize("deepest", [900, 6000])
def test_an_echo_may_have_any_white_space_however_deep_it_is(deepest: int) -> None:
    """A thousand levels are 4 MB then. Of six thousand wsbeat leaves the rest unread, and says so.

    Reading what is not read is nothing to blame a server for, nor what waits behind it.
    """

    def parsed(text: str) -> object:
        depth = text.count("[") + text.count("{")
        looks_deep = any(each in text for each in (",", '"[', '\\"'))
        if depth <= LEVELS or looks_deep:
            return parse(text)
        if depth > deepest or not text.startswith(("[[", '{"a":{')):
            raise ValueError("too deep")
        return _Nested(depth, "[" in text)

    def echo(_: Conversation, data: object) -> Reaction:
        if isinstance(data, _Nested):
            return [data.printed()]
        return [json.dumps({"type": "echo", "data": data}, indent=len(INDENT), allow_nan=False)]

    server = replace(find("compliant"), change=lambda base: replace(base, parse=parsed, echo=echo))
    result = server_result(server, (), FAST)
    assert verdicts_other_than_passed(result) == {}
    assert result.outcome == "conformant"
    assert [note for note in result.notes if "more than wsbeat reads" in note] == (
        [] if deepest < 1000 else list(result.notes)
    )
    assert bool(result.notes) == (deepest > 1000)


class _Nested:
    """Brackets around brackets, which no recursive function need walk through."""

    def __init__(self, depth: int, arrays: bool) -> None:
        self._depth = depth
        self._opens, self._closes = "[]" if arrays else "{}"
        self._member = "" if arrays else '"a": '

    def printed(self) -> str:
        """The text of an echo of it, each bracket on a line of its own, indented."""
        opens = (f"{self._opens}\n{INDENT * n}{self._member}" for n in range(2, self._depth + 1))
        closes = (f"\n{INDENT * n}{self._closes}" for n in range(self._depth - 1, 0, -1))
        inmost = f"{self._opens}{self._closes}" if not self._member else '{"a": 1}'
        data = "".join(chain(opens, [inmost], closes))
        return f'{{\n{INDENT}"type": "echo",\n{INDENT}"data": {data}\n}}'
