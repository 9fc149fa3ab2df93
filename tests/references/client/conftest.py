"""What holds for all tests of the client."""

import pytest

from reference_client import client


@pytest.fixture(autouse=True)
def _few_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests do not answer the Close with which a client ends."""
    monkeypatch.setattr(client, "LAST_WORDS", 0.05)
