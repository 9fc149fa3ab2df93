"""Which mend is shown to work, on what, and why one is not: read by the tests of this folder.

A mend is shown where a peer that has all of them satisfies its requirement, and breaks it as soon
as that one is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import spec
from tests.peers.mends import test_browser, test_fastapi, test_node, unmended

BY_ITSELF = "The library does it by itself: there is nothing to take out. The mended peer passes."
NO_BREAK = "Nothing that is written on this library breaks it: the naive peer passes, too."
PROXIES = "It is no line of code, but a setting: tests/peers/test_suite_behind_nginx.py turns it."
GONE = "A page that was closed is gone with its timers. Its line is Node's, where it is shown."
SHELL = "It stands in the script that starts the server: test_fastapi.py starts it in both ways."

SHOWN: Mapping[str, frozenset[str]] = {
    "FastAPI": frozenset(unmended.UNMENDED) | frozenset(test_fastapi.IN_PROCESS),
    "Node": frozenset(test_node.SERVER) | frozenset(test_node.CLIENT),
    "Browser": frozenset(test_browser.UNMENDED),
}
"""The requirements whose mend is taken out, by what it is written on."""

NOT_SHOWN: Mapping[tuple[str, str], str] = {
    ("S-CONTROL", "FastAPI"): BY_ITSELF,
    ("S-DROP", "FastAPI"): BY_ITSELF,
    ("S-HANG-UP", "FastAPI"): BY_ITSELF,
    ("S-HANG-UP", "Node"): BY_ITSELF,
    ("S-GOING-AWAY", "FastAPI"): SHELL,
    ("S-SURVIVE", "FastAPI"): NO_BREAK,
    ("S-SURVIVE", "Node"): NO_BREAK,
    ("S-BEYOND-IJSON", "Node"): BY_ITSELF,
    ("C-CLOSE-FINAL", "Browser"): GONE,
    ("C-CLOSE-ON-EXIT", "Browser"): BY_ITSELF,
    ("C-TLS-VERIFY", "Browser"): BY_ITSELF,
    ("D-PROXY", ""): PROXIES,
    ("D-PROXY-SILENT", ""): PROXIES,
}
"""The others, by requirement and by what the mend is written on, and why."""


def written() -> Iterator[tuple[str, str]]:
    """Each mend: the requirement, and what it is written on; nothing where none is named."""
    for id, mend in spec.mends().items():
        yield from ((id, stack) for stack in mend.at or ("",))


def is_shown(id: str, stack: str) -> bool:
    """Whether a mend is shown; one for every library is, where it is on any."""
    return any(id in shown for on, shown in SHOWN.items() if stack in ("", on))
