"""The user's cache: nothing is to be left where wsbeat was called."""

import os


def cache_folder(name: str) -> str:
    """A folder of wsbeat's in the user's cache, which need not be there yet."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "wsbeat", name)
