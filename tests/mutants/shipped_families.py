"""Which shipped dialects are alike, in what matters to what a server may do in them."""

from __future__ import annotations

CLOCKLESS = (
    "graphql-transport-ws", "home-assistant", "json-rpc", "json-type", "ocpp-1.6", "phoenix-2",
    "plain-text", "pusher-7", "trpc",
)  # fmt: skip
"""In which silence ends nothing."""

NEVER_CLOSING = (
    "json-rpc", "json-type", "ocpp-1.6", "phoenix-2", "plain-text", "pusher-7", "trpc",
)  # fmt: skip
"""Those of them in which the servers of the tests close no connection by themselves."""

ANSWERING = (*CLOCKLESS, "trpc-keepalive")
"""In which a client pings, and is answered."""

BEATEN = ("engine.io-4", "socket.io-5")
"""In which the server alone pings."""

OF_TEXT = ("plain-text", "trpc", "trpc-keepalive")

IN_JSON = (
    "graphql-transport-ws", "home-assistant", "json-rpc", "json-type", "ocpp-1.6", "phoenix-2",
    "pusher-7",
)  # fmt: skip

OF_TWO_MEMBERS = ("home-assistant", "json-rpc", "json-type", "ocpp-1.6", "phoenix-2")
"""In which a ping has the members that it has, and no others."""
