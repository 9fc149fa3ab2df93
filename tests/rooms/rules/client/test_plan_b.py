"""Clients under Plan B: one story each, and whose fault it is."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Capabilities
from tests.rooms.rules.client.blame import OPENS, blamed, seen
from tests.traces.notation import violations

PLAN_B = Capabilities(server_ping=True)
ANSWERED = "0.2 > ping\n0.3 < pong\n"


@pytest.mark.parametrize(
    ("story", "blame"),
    [
        ("0.5 > ping\n0.6 < pong\n1.1 > ping\n1.2 < pong\n1.7 silent", set()),
        ("0.5 > ping\n1.3 silent", {"B-CLIENT-PONG"}),
        ("0.5 > ping\n0.5 > ping\n0.6 < pong\n1.7 silent", {"B-CLIENT-PONG"}),
        ("0.5 > ping\n0.5 > ping\n0.6 < pong\n0.6 < pong\n1.7 silent", set()),
        ("0.5 > ping\n1.08 < pong\n2.0 silent", {"B-CLIENT-PONG"}),
        ("0.5 > ping\n0.6 < pong\n0.6 < pong\n1.7 silent", {"B-CLIENT-PONG"}),
        ('0.5 > ping\n0.6 < {"type":"pong","a":1}\n1.7 silent', {"B-CLIENT-PONG"}),
        ("0.5 > ping\n0.6 < binary 7b2274797065223a22706f6e67227d\n1.7 silent", {"B-CLIENT-PONG"}),
        ("0.5 > pong\n1.7 silent", set()),
        ("0.5 > pong\n0.6 < pong\n1.7 silent", {"B-NO-LOOP"}),
        ('0.5 > pong\n0.6 < echo {"type":"pong"}\n1.7 silent', {"B-NO-LOOP"}),
        (ANSWERED + '0.5 > pong\n0.6 < echo {"type":"pong"}\n1.7 silent', {"B-NO-LOOP"}),
        (ANSWERED + '0.5 > pong\n1.4 < echo {"type":"pong"}\n1.7 silent', set()),
        (ANSWERED + '0.5 > pong\n0.6 < echo {"type":"other"}\n1.7 silent', set()),
    ],
)
def test_a_client_under_plan_b(story: str, blame: set[str]) -> None:
    assert blamed(OPENS, story, told=PLAN_B) == blame
    assert not blamed(OPENS, story, "0.13 < ping\n0.14 > pong") & {"B-CLIENT-PONG", "B-NO-LOOP"}


def test_a_ping_that_is_left_out_is_shown_with_the_one_that_was_answered() -> None:
    """Else its page would show a ping, a pong, and the claim that there was none."""
    at_once = seen(OPENS, "0.5 > ping\n0.5 > ping\n0.6 < pong\n1.7 silent", told=PLAN_B)
    [found] = violations(at_once)["B-CLIENT-PONG"]
    pings = [event.n for event in at_once.events if event.kind == "sent"]
    assert found.events[:2] == tuple(pings)
