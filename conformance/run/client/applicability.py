"""What each way of being handed a client can show, and what therefore is not applicable to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.scenarios.scenario import Scenario
from conformance.targets.client import ClientTarget, Way
from conformance.verdict.selection import Selection, UsageError

NOT_ASKED = "A client that merely connects cannot be asked to end."


NOT_ENCRYPTED = "A client that merely connects cannot be told to do so over TLS."


NO_NEED_TO_PING = "Under Plan B the client need not ping (protocol.md, section 7)."


BEYOND: Mapping[Way, Mapping[str, str]] = {
    "command": {},
    "page": {},
    "listen": {
        "C-CLOSE-FINAL": NOT_ASKED,
        "C-CLOSE-ON-EXIT": NOT_ASKED,
        "C-TLS-VERIFY": NOT_ENCRYPTED,
    },
}
"""The requirements that a way cannot show, and why."""


HEARTBEATS = ("C-PING-FIRST", "C-PING-CADENCE", "C-PING-ALWAYS", "C-PING-SINGLE")


def within_reach(selection: Selection, target: ClientTarget) -> Selection:
    """The selection, with what this target cannot show set aside.

    Raises UsageError when nothing is left.
    """
    beyond = dict(BEYOND[target.way])
    if target.capabilities.server_ping:
        beyond |= dict.fromkeys(HEARTBEATS, NO_NEED_TO_PING)
    examined = tuple(each for each in selection.examined if each.id not in beyond)
    if not examined:
        raise UsageError(
            "No requirement is left to check: what --select names cannot be shown on "
            f"a client that is handed over with --{target.way}."
        )
    set_aside = dict(selection.set_aside)
    for each in selection.examined:
        if each.id in beyond:
            set_aside[each.id] = ("not_applicable", beyond[each.id])
    return replace(selection, examined=examined, set_aside=set_aside)


def playable(scenarios: Sequence[Scenario], way: Way) -> tuple[Scenario, ...]:
    """Those of the scenarios that can be played to a client that is handed over in this way."""
    return tuple(each for each in scenarios if _is_playable(each, way))


def _is_playable(scenario: Scenario, way: Way) -> bool:
    if way == "listen":
        return scenario.certificate is None and not scenario.asks
    # A browser cannot be told of another authority without changing what is under examination.
    return way == "command" or scenario.certificate != "valid"
