"""What the field writes in place of a mend of a client, where Node and the browser do so alike."""

from __future__ import annotations

from tests.peers.mends.taken_out import Changes

BEAT = "    beat = setInterval(ping, interval);\n"
PING = """socket.send('{"type":"ping"}');"""
PINGED = """    if (message?.type === "ping") socket.send('{"type":"pong"}');\n"""
PONGED = """    if (message?.type === "pong") clearTimeout(pong);\n"""
RETRY = "retry = setTimeout(connect, delay());"

ALIKE: dict[str, tuple[str, Changes]] = {
    "C-PING-FIRST": ("answers_pings_at_once", ((BEAT, ""), (PONGED, PONGED + BEAT))),
    "C-PING-CADENCE": (
        "answers_pings_at_once",
        ((PING, f"{PING} clearInterval(beat); beat = setTimeout(ping, 1.5 * interval);"),),
    ),
    "C-RECONNECT-FLOOR": ("closes_normally", ((RETRY, "retry = setTimeout(connect, 0);"),)),
    "C-RECONNECT-CEILING": (
        "closes_normally", ((RETRY, "retry = setTimeout(connect, delay() + 2 * jitter + floor);"),),
    ),
    "C-BACKOFF": ("refuses_several_attempts_in_a_row", (("Math.min(cap, floor", "(1, floor"),)),
    "C-STAY": (
        "answers_pings_at_once",
        ((BEAT, f"{BEAT}    setTimeout(() => socket.close(), 2 * interval);\n"),),
    ),
    "B-CLIENT-PONG": ("pings_the_client", ((PINGED, ""),)),
    "B-NO-LOOP": (
        "pings_the_client",
        ((PINGED, PINGED + PINGED.replace('"ping"', '"pong"')),),
    ),
}  # fmt: skip
"""For each requirement the scenario that shows it, and what clients have in place of the mend."""
