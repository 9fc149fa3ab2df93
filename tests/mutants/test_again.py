"""What a mutant was found out by, played again on it, finds it out again; a compliant peer passes.

What a trace does not have is what was done elsewhere: on the connections of other scenarios, or in
examples before it on the same connection. Mutants that need that are named here, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.trace.trace import Role
from tests.mutants.again import first_finding, in_the_gate, replay
from tests.mutants.matrix import in_virtual_time, peer

pytestmark = pytest.mark.proof

OTHERS = "What brings it about happens on the connections of other scenarios."
EARLIER = "What brings it about was said before what the trace begins with."
PHASE = "It depends on when the server looks at its connections, and which there are by then."

NOT_SHOWN: Mapping[str, str] = {
    "does_not_answer_every_tenth_ping": EARLIER,
    "numbers_the_pongs": EARLIER,
    "drops_pongs_while_a_close_is_unanswered": OTHERS,
    "speaks_to_one_after_the_other": OTHERS,
    "says_nothing_while_a_close_waits_for_its_answer": OTHERS,
    "tells_all_of_every_newcomer": OTHERS,
    "echoes_to_all": OTHERS,
    "overlooks_a_ping_right_behind_a_large_text": OTHERS,
    "skips_the_next_when_it_closes_one": PHASE,
    "closes_nobody_after_some_closes": OTHERS,
    "closes_nobody_while_the_queue_of_one_is_full": OTHERS,
    "stops_the_clocks_after_many_closes": OTHERS,
    "holds_one_lock_for_seconds_now_and_then": OTHERS,
    "keeps_answers_by_what_equals_a_value": EARLIER,
    "gives_no_place_back_of_as_many_as_it_was_said_to_have": EARLIER,
    "compresses_for_all_with_one_compressor": OTHERS,
    "keeps_the_frames_of_all_connections_in_one_list": OTHERS,
    "sends_every_pong_to_all": OTHERS,
    "closes_with_1011_at_what_it_traces": EARLIER,
    "hangs_up_at_what_it_traces": EARLIER,
}
"""Mutants of which the exchange alone does not show the violation, and why."""


@pytest.mark.parametrize(("role", "name"), in_the_gate(in_virtual_time()))
def test_the_first_finding_of_a_mutant_is_found_again(role: Role, name: str) -> None:
    requirement = peer(role, name).requirement
    _, trace = first_finding(role, name)
    found = replay(role, name, trace)
    assert (requirement in found.failed) is (name not in NOT_SHOWN), str(found)


@pytest.mark.parametrize(("role", "name"), in_virtual_time())
def test_what_a_mutant_failed_at_is_passed_by_its_base(role: Role, name: str) -> None:
    """No compliant peer fails at anything, however it is led through the exchange of another."""
    _, trace = first_finding(role, name)
    assert replay(role, "compliant", trace).failed == frozenset()
