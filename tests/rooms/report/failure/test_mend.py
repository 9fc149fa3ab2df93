"""What is to be done about a fault is said in the words of the dialect, and not of the protocol."""

from __future__ import annotations

import pytest

import spec
from conformance.config.dialect import lacking, said_capabilities
from conformance.report.failure.mend import WORDED, mend_in
from conformance.rules.in_dialect import in_dialect
from conformance.trace.trace import Role
from spec.dialect.dialect import Dialect
from spec.dialect.made import made
from spec.dialect.shipped import names, protocol, shipped
from spec.dialect.timing import timing_of

STRICT = made(
    {
        "dialect": 1,
        "name": "strict",
        "ping": {"by": "client", "text": '{"event":"hb","n":${id}}'},
        "pong": {"text": '{"event":"ack","n":${id}}'},
        "alive": {"by": "messages"},
        "timeout": {"close": [4008]},
        "others": {"json": [4400], "not_json": [4400], "binary": [1003]},
        "quiet": True,
        "client": {"next": "pong", "gives_up": [4001], "stays_away": [4100], "bears": ["json"]},
        "timing": {"heartbeat_interval": 20, "heartbeat_timeout": 45},
    }
)
"""What turns the protocol's rules round: other traffic counts, and what it does not know ends."""

NOT_ITS_OWN = ("inbound_liveness", "heartbeat timeout", "close with 4000", "Plan B", "`type`")
"""What the mends of the protocol say, and a dialect has not."""

DIALECTS = (*map(shipped, names()[1:]), STRICT)


def _applied(dialect: Dialect) -> list[str]:
    roles: tuple[Role, ...] = ("server", "client")
    return [
        each.requirement.id
        for role in roles
        if lacking(dialect, role) is None
        for each in in_dialect(dialect, timing_of(dialect), role, said_capabilities(dialect))
        if each.state != "does not apply"
    ]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_in_a_dialect_no_mend_speaks_of_the_protocols_own_messages(dialect: Dialect) -> None:
    for id in _applied(dialect):
        mend = mend_in(dialect, id)
        told = " ".join((mend.mend, *mend.at.values()))
        assert mend.mend.endswith(".")
        assert not [each for each in NOT_ITS_OWN if each in told], id
        own = '{"type":"ping"}' in dialect.own_words
        assert own or not any(f'{{"type":"{each}"}}' in told for each in ("ping", "pong")), id


def test_it_says_what_the_dialect_has_in_their_place() -> None:
    assert mend_in(STRICT, "S-PONG-FORM").mend.startswith('Send `{"event":"ack","n":${id}}`, with')
    assert "every data message" in mend_in(STRICT, "S-REFRESH").mend
    assert "Close 4400" in mend_in(STRICT, "S-IGNORE-NOT-JSON").mend
    assert mend_in(STRICT, "S-TIMEOUT-CODE").mend == "End a silent connection with Close 4008."
    assert "the pong to the ping before" in mend_in(STRICT, "C-PING-CADENCE").mend
    assert "Close 4001" in mend_in(STRICT, "C-PONG-MISSING").mend
    assert "Close 4100" in mend_in(STRICT, "C-RECONNECT").mend


@pytest.mark.parametrize("requirement", WORDED)
def test_of_the_protocol_it_is_what_the_mends_say(requirement: str) -> None:
    assert mend_in(protocol(), requirement) is spec.mend_of(requirement)
