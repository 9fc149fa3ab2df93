"""The settings: where they come from, and what is said about those that cannot be used."""

from pathlib import Path

import pytest

from reference_client import Settings, SettingsError
from spec import load_timing


def test_the_defaults_are_those_of_the_specification() -> None:
    production = load_timing("production")
    settings = Settings.from_environment({})
    assert settings == Settings.from_timing(production) == Settings.from_timing("production")
    assert settings.timing == "production"
    assert settings.pong_timeout == production.pong_timeout
    assert settings.reconnect_cap == production.reconnect_cap


def test_every_setting_can_come_from_the_environment() -> None:
    environ = {
        "WSBEAT_TIMING": "fast",
        "WSBEAT_HEARTBEAT_INTERVAL": "5",
        "WSBEAT_INTERVAL_TOLERANCE": "0.2",
        "WSBEAT_PONG_TIMEOUT": "4.5",
        "WSBEAT_RECONNECT_DELAY": "1",
        "WSBEAT_RECONNECT_JITTER": "0",
        "WSBEAT_RECONNECT_CAP": "1",
        "PATH": "of no interest",
    }
    assert Settings.from_environment(environ) == Settings("custom", 5, 0.2, 4.5, 1, 0, 1)


@pytest.mark.parametrize(
    ("variable", "found", "complaint"),
    [
        ("WSBEAT_HEARTBEAT_INTERVAL", "30s", "expected a number of seconds above 0, found '30s'"),
        ("WSBEAT_HEARTBEAT_INTERVAL", "20", "must be less than WSBEAT_HEARTBEAT_INTERVAL (20 s)"),
        ("WSBEAT_PONG_TIMEOUT", "30", "must be less than WSBEAT_HEARTBEAT_INTERVAL (30 s)"),
        ("WSBEAT_RECONNECT_DELAY", "0", "expected a number of seconds above 0, found '0'"),
        ("WSBEAT_RECONNECT_DELAY", "29", "WSBEAT_RECONNECT_JITTER (31 s)"),
        ("WSBEAT_RECONNECT_JITTER", "-1", "expected a number of seconds, 0 or above, found '-1'"),
        ("WSBEAT_RECONNECT_CAP", "inf", "expected a number of seconds above 0, found 'inf'"),
        ("WSBEAT_INTERVAL_TOLERANCE", "0.5", "expected a fraction above 0 and below 0.5"),
        ("WSBEAT_TIMING", "production1", "no timing set of that name"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(
    variable: str, found: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: found})
    assert "WSBEAT_" in str(caught.value)
    assert complaint in str(caught.value)


def test_a_timing_file_is_as_good_as_a_name(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(str(load_timing("fast").to_json()).replace("'", '"').replace("fast", "ours"))
    assert Settings.from_timing(file).timing == "ours"
    with pytest.raises(SettingsError, match="no such file"):
        Settings.from_timing(tmp_path / "none.json")
