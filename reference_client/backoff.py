"""How long to wait before the next attempt."""

from random import uniform

from reference_client.settings import Settings


class Backoff:
    """The reconnect delays of one client, in seconds.

    Each is drawn at random, so that clients that lost their server in the same moment do not come
    back in the same moment; never below ``reconnect_delay`` (C-RECONNECT-FLOOR).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._first = settings.reconnect_delay + settings.reconnect_jitter
        self._longest = self._first
        self._is_steady = True  # nothing failed, and no connection was short, since one lasted

    def after_connection(self, lasted: float) -> float:
        """Return the delay after a connection that ended.

        C-RECONNECT-CEILING leaves no more than a first one, but where short connections follow
        each other. One that lasted ``heartbeat_interval`` shows a server in order, and makes
        failures start over (C-BACKOFF).
        """
        is_short = lasted < self._settings.heartbeat_interval
        if is_short and not self._is_steady:
            return self.after_failure()
        self._longest, self._is_steady = self._first, not is_short
        return uniform(self._settings.reconnect_delay, self._first)

    def after_failure(self) -> float:
        """Return the delay after a failed attempt, which may be twice as long as the one before."""
        self._is_steady = False
        self._longest = min(2 * self._longest, self._settings.reconnect_cap)
        return uniform(self._settings.reconnect_delay, self._longest)
