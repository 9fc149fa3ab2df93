"""Numbers of the contract that bound what is said: depth, size, bursts, seconds of grace."""

from __future__ import annotations

DEPTH = 64
"""The nesting that every server must handle (S-DEPTH)."""


FRAME_DEPTH = DEPTH + 1
"""The nesting of an echo of such a message: its own object is not counted (S-DEPTH)."""


BURST = 200
"""How many pings sent at once make a burst (S-BURST)."""


SIZE = 65_536
"""The bytes of text that every server must handle (S-SIZE)."""


LARGEST_INTEGER = 2**53 - 1
"""The largest integer that I-JSON promises to keep (RFC 7493, section 2.2)."""


SIGNIFICANT_DIGITS = 17
"""How many digits tell any two numbers of binary64 apart; I-JSON promises no more."""


UNKNOWN_SUBPROTOCOL = "wsbeat-unknown"
"""What wsbeat offers as a subprotocol that no server can know (S-ACCEPT)."""


UNKNOWN_SUBPROTOCOLS = frozenset((UNKNOWN_SUBPROTOCOL, "wsbeat-unknown-too"))
"""All that it offers of that kind."""


SHUTDOWN_LASTS = 10.0
"""Within how many seconds a server that was asked to end closes its connections, at the most."""


DROPPED_WITHIN = 10.0
"""Within how many seconds a Close ends the TCP connection, answered or not (S-DROP, S-HANG-UP)."""


KEPT_FOR_CERTAIN = 2.0
"""How many seconds after that and the tolerance no machine, however busy, is why it was kept."""


LOOP = 20
"""How many pings in a row come at once after a pong of wsbeat where a server answers pongs.

Then wsbeat answers none that comes so soon: two peers that answer each other never end.
"""


AT_ONCE = 0.05
"""Within how many seconds of a pong a ping comes at once."""
