"""Processes that wsbeat starts: what they print is bounded, and none outlives its use."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.targets.started.process import (
    LINES_TOLD,
    OUTPUT_KEPT,
    PORTS,
    CannotStart,
    free_ports,
    launched,
)
from tests.peers.process import gone

AT_MOST = 30.0
ENVIRONMENT = dict(os.environ)
NUMBERED = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); "


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def number_in(file: Path) -> int:
    by = time.monotonic() + AT_MOST
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < by
        time.sleep(0.01)
    return int(file.read_text())


def test_what_it_prints_is_read_on_and_only_the_end_kept() -> None:
    loud = "for n in range(200_000): print('line', n)\nprint('\\x1b[31mlast', flush=True)"
    with launched(python(loud), ENVIRONMENT) as process:
        assert process.has_ended(AT_MOST), "nobody reads what it prints"
        assert len(process.said(lambda said: b"last" in said, AT_MOST)) <= OUTPUT_KEPT
        assert process.complaint.startswith(" It said:\n  line ")
        assert process.complaint.endswith("  <ESC>[31mlast")
        assert process.complaint.count("\n") == LINES_TOLD


def test_both_streams_are_kept_in_their_order() -> None:
    both = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, b'three\\n')"
    with launched(python(both), ENVIRONMENT) as process:
        process.has_ended(AT_MOST)
        assert process.complaint == " It said:\n  one\n  two\n  three"


def test_one_that_prints_nothing_has_no_complaint() -> None:
    with launched(python(""), ENVIRONMENT) as process:
        assert process.has_ended(AT_MOST)
        assert process.complaint == ""
        assert process.end == "ended with code 0"


def test_it_hears_of_no_interrupt_from_the_terminal() -> None:
    with launched(python("import time; time.sleep(60)"), ENVIRONMENT) as process:
        assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_signal_is_named() -> None:
    with launched(python("import os; os.kill(os.getpid(), 9)"), ENVIRONMENT) as process:
        assert process.has_ended(AT_MOST)
        assert process.end == "was ended by SIGKILL"


def test_what_a_shell_has_left_behind_is_told_to_end_too(tmp_path: Path) -> None:
    file, goodbye = tmp_path / "number", tmp_path / "goodbye"
    orderly = (
        "import signal; "
        "signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[2], 'w').close(), sys.exit())); "
    )
    code = f"import sys; {orderly}{NUMBERED}time.sleep(60)"
    shell = ["sh", "-c", '"$@" & wait', "sh", *python(code, str(file), str(goodbye))]
    with launched(shell, ENVIRONMENT):
        os.kill(number_in(file), 0)  # It is there.
    assert gone(number_in(file))
    assert goodbye.exists()


def test_what_will_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    file = tmp_path / "number"
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {NUMBERED}"
    shell = ["sh", "-c", 'trap "" TERM; "$@" & wait; sleep 60', "sh",
             *python(f"{stubborn}time.sleep(60)", str(file))]  # fmt: skip
    begun = time.monotonic()
    with launched(shell, ENVIRONMENT, end=0.3):
        child = number_in(file)
    assert gone(child)
    assert time.monotonic() - begun < AT_MOST


def test_a_program_that_there_is_not_is_told() -> None:
    with (
        pytest.raises(CannotStart, match=r"no-such-program cannot be started: No such file"),
        launched(["no-such-program"], ENVIRONMENT),
    ):
        pass


def test_a_file_that_is_no_program_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.touch()
    with pytest.raises(CannotStart, match="Permission denied"), launched([str(file)], ENVIRONMENT):
        pass


def test_ports_are_free_and_not_those_that_anybody_may_get() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass
    lowest = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if lowest.exists():
        assert PORTS.stop <= int(lowest.read_text().split()[0])


def test_a_port_that_is_taken_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = free_ports(1)
    monkeypatch.setattr("conformance.targets.started.process.PORTS", range(port, port + 2))
    monkeypatch.setattr("conformance.targets.started.process.TRIES", 2)
    with socket.create_server(("127.0.0.1", port)):
        assert port not in free_ports(1)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts, though tests that run in the background may have inherited it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_it_is_ended_when_wsbeat_is_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "number"
    code = f"{NUMBERED}time.sleep(60)"

    def interrupt() -> None:
        with launched(python(code, str(file)), ENVIRONMENT):
            number_in(file)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert gone(number_in(file))
