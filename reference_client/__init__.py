"""The reference client: the client side of the contract, to be read beside it.

``python -m reference_client URL`` runs it with the settings of the environment (``WSBEAT_*``).
"""

from reference_client.client import Change, HeartbeatClient, NotOpen, State
from reference_client.connection import trust
from reference_client.program import live, run
from reference_client.settings import Settings, SettingsError

__all__ = [
    "Change",
    "HeartbeatClient",
    "NotOpen",
    "Settings",
    "SettingsError",
    "State",
    "live",
    "run",
    "trust",
]
