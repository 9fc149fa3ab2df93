"""`wsbeat dialect`, and `--dialect` where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.dialect.shipped import names, shipped, text_of
from tests.rooms.cli.conftest import Wsbeat
from tests.spec.dialect.test_file import BAD, BY_ID, GOOD, HEAD, PING, TIMEOUT
from tests.traces.notation import trace_of


def test_the_list_has_every_dialect_and_its_source(wsbeat: Wsbeat) -> None:
    listed = wsbeat("dialect", "list").output.splitlines()
    assert [line.split()[0] for line in listed] == list(names())


@pytest.mark.parametrize("name", names())
def test_a_dialect_is_shown_as_it_stands_and_can_be_checked(wsbeat: Wsbeat, name: str) -> None:
    assert wsbeat("dialect", "show", name).output == text_of(name)
    checked = wsbeat("dialect", "check", name)
    assert checked.exit_code == 0
    assert "A ping of " in checked.output
    assert "S-PONG " in checked.output
    assert "would hide a check that was skipped" not in " ".join(checked.output.split())


def test_a_name_that_there_is_not_is_told_from_one(wsbeat: Wsbeat) -> None:
    shown = wsbeat("dialect", "show", "plain-txt")
    assert shown.exit_code == 2
    assert 'did you mean "plain-text"' in shown.stderr


@pytest.mark.parametrize("content", [content for content, _ in BAD.values()], ids=BAD)
@pytest.mark.parametrize("words", [["dialect", "check"], ["server", "ws://[::1]:1/", "--dialect"]])
def test_a_bad_file_is_a_matter_of_usage(
    wsbeat: Wsbeat, tmp_path: Path, content: str, words: list[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(content)
    done = wsbeat(*words, str(file))
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_is_written_once(wsbeat: Wsbeat, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    assert wsbeat("dialect", "new", str(file), "--name", "mine").exit_code == 0
    assert 'name = "mine"' in file.read_text()
    again = wsbeat("dialect", "new", str(file))
    assert again.exit_code == 2
    assert "exists" in again.stderr
    assert wsbeat("dialect", "new", "-", "--name", "not a name").exit_code == 2


def test_requirements_are_worded_for_a_dialect(wsbeat: Wsbeat) -> None:
    listed = wsbeat("list", "--dialect", "json-rpc").output
    assert "S-ECHO              does not apply, because" in listed
    explained = wsbeat("explain", "S-PONG", "--dialect", "json-rpc").output
    assert "carries what the ping has in ${id}" in " ".join(explained.split())


SLIPS = {
    "milliseconds": ("[timing]\nheartbeat_interval=20000\n", "milliseconds, write 20."),
    "a deadline": ("[timing]\nreply_deadline=500\n", "reply_deadline is 500 s, so that the next"),
    "slack as wide as a check": (
        "[timeout]\nclose=[4008]\n[timing]\nheartbeat_interval=2\nheartbeat_timeout=5\n"
        "check_interval=1\n",
        "slack as wide as the check would hide a check that was skipped",
    ),
    "a limit that ends nothing": ("[timing]\nheartbeat_timeout=45\n", "and no [timeout]"),
}


@pytest.mark.parametrize(("more", "told"), SLIPS.values(), ids=SLIPS)
def test_what_is_seldom_meant_is_warned_of(
    wsbeat: Wsbeat, tmp_path: Path, more: str, told: str
) -> None:
    """It says what was found, and what to write; of what follows from that nothing is said."""
    file = tmp_path / "ours.toml"
    file.write_text(GOOD + more)
    checked = wsbeat("dialect", "check", str(file))
    assert checked.exit_code == 0
    assert checked.output.count("warning: ") == 1
    assert told in " ".join(checked.output.split())


def test_where_a_server_alone_pings_no_pings_restart_its_clock(
    wsbeat: Wsbeat, tmp_path: Path
) -> None:
    """As of IRC: any message does, which is S-ONLY-PINGS'; the other was never seen at work."""
    file = tmp_path / "irc.toml"
    ping = "[ping]\nby='server'\ntext='PING'\n[pong]\ntext='PONG'\n[alive]\nby='messages'\n"
    file.write_text(HEAD + ping + TIMEOUT)
    told = " ".join(wsbeat("dialect", "check", str(file)).output.split())
    assert "S-REFRESH does not apply, because: In the dialect only the server pings." in told
    assert "S-ONLY-PINGS with another value: Any data message restarts the clock." in told


def test_a_pong_that_need_not_carry_its_number_is_warned_of(wsbeat: Wsbeat, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    pong = """[pong]\ntext = '{"t":"a","n":${id}}'\nhear = '{"t":"a","...":0}'\n"""
    file.write_text(BY_ID + pong)
    assert "pong.hear has no ${id}" in wsbeat("dialect", "check", str(file)).output


def test_what_has_no_glyph_is_named(wsbeat: Wsbeat, tmp_path: Path) -> None:
    """As of STOMP, whose frames end with NUL; where no ping is answered, no pong is due."""
    file = tmp_path / "stomp.toml"
    ping = PING.replace("'ping'", '"\\n"')
    prelude = '[[prelude]]\nby="client"\ntext="CONNECT\\n\\n\\u0000"\n'
    file.write_text(HEAD + ping + prelude + TIMEOUT)
    told = " ".join(wsbeat("dialect", "check", str(file)).output.split())
    assert "first says CONNECT<LF><LF><NUL>." in told
    assert "a pong is due" not in told


def test_what_shows_nothing_is_refused(wsbeat: Wsbeat, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(GOOD.partition("[pong]")[0])
    done = wsbeat("server", "ws://[::1]:1/", "--dialect", str(file))
    assert done.exit_code == 2
    assert "there is nothing to see" in done.stderr
    assert wsbeat("dialect", "check", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD + "[client]\nstays_away=['abort']\n", "stays away"),
    ],
)
def test_what_cannot_be_judged_of_clients_is_refused(
    wsbeat: Wsbeat, tmp_path: Path, content: str, told: str
) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(content)
    done = wsbeat("client", "--command", "true {url}", "--dialect", str(file))
    assert done.exit_code == 2
    assert told in done.stderr
    checked = " ".join(wsbeat("dialect", "check", str(file)).output.split())
    assert "on a client cannot be checked: " in checked
    assert told in checked


def test_requirements_on_clients_are_worded_for_a_dialect(wsbeat: Wsbeat) -> None:
    listed = " ".join(wsbeat("list", "--dialect", "trpc").output.split())
    assert "C-PING-CADENCE with another value: 4.5 s to 5.5 s after the last message" in listed
    assert "C-PING-ALWAYS does not apply, because: In the dialect each message" in listed
    assert "C-RECONNECT-FLOOR does not apply, because: At this timing" in listed
    explained = " ".join(wsbeat("explain", "C-PONG-MISSING", "--dialect", "trpc").output.split())
    assert "After 1 s without a pong, with an empty Close." in explained
    assert "does not say what a client has to bear" in " ".join(
        wsbeat("explain", "C-TOLERATE", "--dialect", "json-rpc").output.split()
    )


def test_of_whom_cannot_be_checked_nothing_is_explained(wsbeat: Wsbeat, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(GOOD.partition("[pong]")[0])
    assert "cannot be checked in it" in wsbeat("explain", "S-PONG", "--dialect", str(file)).output


def test_what_a_dialect_says_is_not_said_beside_it(wsbeat: Wsbeat) -> None:
    done = wsbeat("server", "ws://[::1]:1/", "--dialect", "plain-text", "--server-ping")
    assert done.exit_code == 2
    assert "--server-ping" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        ("server", "ws://[::1]:1/", "--dialect", "plain-text", "--standalone", "shown.py"),
        ("client", "--command", "true {url}", "--dialect", "trpc", "--standalone", "shown.py"),
        ("server", "ws://[::1]:1/", "--dialect", "plain-text", "--crowd", "100"),
    ],
)
def test_what_speaks_the_protocol_alone_is_refused_with_a_dialect(
    wsbeat: Wsbeat, tmp_path: Path, given: tuple[str, ...]
) -> None:
    done = wsbeat(*(str(tmp_path / each) if each == "shown.py" else each for each in given))
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "speak the protocol's own dialect alone" in told
    assert "Leave it out" in told
    assert not (tmp_path / "shown.py").exists()


def test_a_trace_in_a_dialect_makes_no_script(wsbeat: Wsbeat, tmp_path: Path) -> None:
    trace = trace_of("0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong", dialect=shipped("trpc"))
    (tmp_path / "seen.jsonl").write_text("".join(f"{line}\n" for line in trace.to_lines()))
    shown = tmp_path / "shown.py"
    done = wsbeat("judge", str(tmp_path / "seen.jsonl"), "--standalone", str(shown))
    assert done.exit_code == 2
    assert "this is about trpc. Leave it out." in " ".join(done.stderr.split())
    assert not shown.exists()


def test_a_secret_has_to_be_there(wsbeat: Wsbeat, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(GOOD.replace("'ping'", "'ping ${env:NO_SUCH_TOKEN}'"))
    done = wsbeat("server", "ws://[::1]:1/", "--dialect", str(file))
    assert done.exit_code == 2
    assert "NO_SUCH_TOKEN" in done.stderr


def test_a_configuration_names_a_dialect_beside_it(wsbeat: Wsbeat, tmp_path: Path) -> None:
    (tmp_path / "hb.toml").write_text(GOOD.replace('"ours"', '"theirs"').replace("= 1", "= 2"))
    config = tmp_path / "wsbeat.toml"
    config.write_text('url = "ws://[::1]:1/"\ndialect = "hb.toml"\n')
    done = wsbeat("server", "--config", str(config))
    assert done.exit_code == 2
    assert "hb.toml" in done.stderr
