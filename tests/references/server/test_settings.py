"""The settings: where they come from, and what is said about those that cannot be used."""

import pytest

from reference_server import Settings, SettingsError, create_app
from spec import load_timing


def test_the_defaults_are_those_of_the_specification() -> None:
    production = load_timing("production")
    settings = Settings.from_environment({})
    assert settings == Settings.from_timing(production)
    assert settings.timing == "production"
    assert settings.heartbeat_timeout == production.heartbeat_timeout
    assert not settings.server_ping
    assert not settings.inbound_liveness


def test_every_setting_can_come_from_the_environment() -> None:
    environ = {
        "WSBEAT_TIMING": "fast",
        "WSBEAT_HEARTBEAT_INTERVAL": "5",
        "WSBEAT_HEARTBEAT_TIMEOUT": "12.5",
        "WSBEAT_CHECK_INTERVAL": "1",
        "WSBEAT_SERVER_PING": "true",
        "WSBEAT_INBOUND_LIVENESS": "on",
        "PATH": "of no interest",
    }
    settings = Settings.from_environment(environ)
    assert settings == Settings("custom", 5, 12.5, 1, True, True, settings.client)


def test_the_client_of_the_page_keeps_to_the_settings_of_the_server() -> None:
    fast = load_timing("fast")
    assert Settings.from_timing(fast).client == fast
    assert Settings.from_environment({"WSBEAT_TIMING": "fast"}).client == fast


@pytest.mark.parametrize("interval", [5.0, 29.0, 31.0, 300.0])
def test_its_times_work_together_whatever_the_interval(interval: float) -> None:
    environ = {
        "WSBEAT_HEARTBEAT_INTERVAL": str(interval),
        "WSBEAT_HEARTBEAT_TIMEOUT": str(3 * interval),
    }
    client = Settings.from_environment(environ).client
    assert (client.name, client.heartbeat_interval) == ("custom", interval)
    assert load_timing(client.to_json()) == client  # which refuses what cannot work


@pytest.mark.parametrize(
    ("variable", "found", "complaint"),
    [
        ("WSBEAT_HEARTBEAT_TIMEOUT", "70s", "expected a number of seconds above 0, found '70s'"),
        ("WSBEAT_HEARTBEAT_TIMEOUT", "60", "must exceed 2 x WSBEAT_HEARTBEAT_INTERVAL (60 s)"),
        ("WSBEAT_HEARTBEAT_INTERVAL", "0", "expected a number of seconds above 0, found '0'"),
        ("WSBEAT_CHECK_INTERVAL", "nan", "expected a number of seconds above 0, found 'nan'"),
        ("WSBEAT_CHECK_INTERVAL", "inf", "expected a number of seconds above 0, found 'inf'"),
        ("WSBEAT_CHECK_INTERVAL", "-3", "expected a number of seconds above 0, found '-3'"),
        ("WSBEAT_SERVER_PING", "maybe", "expected one of 1, true, on, 0, false, off"),
        ("WSBEAT_INBOUND_LIVENESS", "", "expected one of 1, true, on, 0, false, off"),
        ("WSBEAT_TIMING", "production1", "no timing set of that name"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(
    variable: str, found: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: found})
    assert variable in str(caught.value)
    assert complaint in str(caught.value)


def test_an_application_is_made_anew_for_each_call() -> None:
    settings = Settings.from_timing(load_timing("fast"))
    assert create_app(settings).state.heartbeats is not create_app(settings).state.heartbeats


def test_the_application_for_uvicorn_takes_its_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import reference_server

    monkeypatch.setenv("WSBEAT_TIMING", "no such timing")
    with pytest.raises(SettingsError, match="WSBEAT_TIMING"):
        _ = reference_server.app


def test_a_peer_has_as_long_for_a_close_as_for_a_pong_and_ten_seconds_at_the_most() -> None:
    assert Settings.from_timing(load_timing("production")).drop_after == 10
    assert Settings.from_timing(load_timing("fast")).drop_after == load_timing("fast").pong_timeout
