"""Clients in processes of their own: how they are started, asked to end, and never left behind."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.run.client.pool import PROBE
from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, tasks_in
from conformance.run.worker import WorkerProcess
from conformance.scenarios import client_scenarios
from conformance.scenarios.client.attempts import presents_a_valid_certificate
from conformance.scenarios.client.closing import is_interrupted, is_told_to_end
from conformance.scenarios.client.heartbeat import answers_pings_at_once
from conformance.scenarios.client.tolerance import says_what_cannot_be_used
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.client import TRUST, ClientTarget
from conformance.trace.event import WHOLE_TRACE
from conformance.trace.note import CLIENT_STARVED, LAUNCHED, PRINTED
from conformance.trace.trace import Capabilities, Trace
from tests.peers.process import gone
from tests.traces.notation import FAST

AT_MOST = 60.0  # seconds; what takes longer has hung

CONNECTING = """
import os, signal, socket, sys, time
host, port = os.environ["WSBEAT_URL"].split("/")[2].split(":")
def connect():
    s = socket.create_connection((host, int(port)))
    request = ["GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade",
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", ""]
    s.sendall("\\r\\n".join(request).encode())
    return s
"""
"""What every client here begins with; it takes the URL from the environment."""


def target(code: str, **told: object) -> ClientTarget:
    command = shlex.join([sys.executable, "-c", CONNECTING + code, "{url}"])
    return ClientTarget("command", command, FAST, **told)  # type: ignore[arg-type]


def tasks(*played: ClientScenario) -> tuple[Task, ...]:
    return tuple(Task(each, ("noise",)) for each in played)


def observed(client: ClientTarget, *played: ClientScenario) -> dict[str, Trace]:
    """The traces of the scenarios, by their names, the probe's among them."""
    found: list[Trace] = []
    by = time.monotonic() + AT_MOST
    with WorkerProcess(ClientJob(client, tasks(*played), 1, 0)) as worker:
        while not worker.is_over:
            assert time.monotonic() < by, "the process does not come to an end"
            found += worker.traces(0.2)
    return {trace.scenario: trace for trace in found}


def told(trace: Trace, *kinds: str) -> list[tuple[str, object]]:
    """What happened to the client as a whole; how busy the machine was is left out."""
    return [
        (event.kind, event.content)
        for event in trace.events
        if event.connection == WHOLE_TRACE
        and event.kind in kinds
        and not str(event.content).startswith(CLIENT_STARVED)
    ]


def test_a_client_is_asked_to_end_and_its_end_is_told() -> None:
    code = """
s = connect()
def end(number, _):
    print("told", number, flush=True)
    s.sendall(b"\\x88\\x82\\0\\0\\0\\0\\x03\\xe8")
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
time.sleep(60)
"""
    traces = observed(target(code), is_told_to_end, is_interrupted)
    for name, signal_name in (("is_told_to_end", "SIGTERM"), ("is_interrupted", "SIGINT")):
        kinds = ("started", "asked", "exited")
        assert told(traces[name], *kinds) == [
            ("started", "command"), ("asked", signal_name), ("exited", "exit code 7"),
        ]  # fmt: skip
        [asked] = [event for event in traces[name].events if event.kind == "asked"]
        [close] = [e for e in traces[name].events if e.opcode == "close" and e.kind == "received"]
        assert asked.n < close.n
        assert asked.latest - asked.earliest < 0.1
    [(_, said)] = told(traces["is_told_to_end"], "note")
    assert said == f"{PRINTED}told 15"


def test_a_client_gets_the_url_and_the_scenario_and_the_authority(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in TRUST:
        monkeypatch.delenv(name, raising=False)
    code = f"""
print(sys.argv[1] == os.environ["WSBEAT_URL"], os.environ["WSBEAT_SCENARIO"])
print(*(os.path.basename(os.environ.get(name, "-")) for name in {[*TRUST, "MINE"]}), flush=True)
connect()
time.sleep(60)
"""
    traces = observed(target(code, trust=("MINE",)), presents_a_valid_certificate)
    assert told(traces[PROBE], "note")[0][1] == f"{PRINTED}True probe\n{' '.join(['-'] * 5)}"
    encrypted = str(told(traces["presents_a_valid_certificate"], "note")[0][1])
    assert f"True presents_a_valid_certificate\n{'wsbeat-ca.pem ' * 5}".strip() in encrypted


def test_nothing_is_played_when_nobody_comes_to_the_probe() -> None:
    traces = observed(target("print('no config', file=sys.stderr); sys.exit(3)"), is_told_to_end)
    assert traces.keys() == {PROBE}
    assert told(traces[PROBE], "exited", "note") == [
        ("exited", "exit code 3"), ("note", f"{PRINTED}no config"),
    ]  # fmt: skip


def test_a_command_that_cannot_be_run_is_told() -> None:
    client = ClientTarget("command", "/nowhere/client {url}", FAST)
    [(_, why)] = told(observed(client, is_told_to_end)[PROBE], "note")
    assert why == "The command '/nowhere/client' could not be started: No such file or directory."


def test_a_client_in_the_background_lives_until_it_ends_itself() -> None:
    """The process that was started has ended long before; what it started hears the signal."""
    code = "if os.fork(): sys.exit(0)\ntime.sleep(0.2)\ns = connect()\ntime.sleep(60)"
    trace = observed(target(code), is_told_to_end)["is_told_to_end"]
    assert told(trace, "asked", "exited", "note") == [
        ("asked", "SIGTERM"), ("exited", "exit code 0"),
    ]  # fmt: skip
    [opened] = [event for event in trace.events if event.kind == "opened"]
    [exited] = [event for event in trace.events if event.kind == "exited"]
    assert opened.n < exited.n


@pytest.mark.parametrize("launches", [True, False])
def test_whether_who_is_asked_to_end_had_started_another_is_told(launches: bool) -> None:
    launching = "subprocess.Popen(['sleep', '50'])" if launches else ""
    code = f"import subprocess\n{launching}\ns = connect()\ntime.sleep(60)"
    trace = observed(target(code), is_told_to_end)["is_told_to_end"]
    found = [str(note) for _, note in told(trace, "note")]
    assert found == ([f"{LAUNCHED}sleep"] if launches else [])


STUBBORN = """
for name in ("SIGTERM", "SIGINT", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
child = os.fork()
with open({file!r}, "a") as file:
    print(os.getpid(), file=file)
if child:
    s = connect()
time.sleep(600)
"""


def test_neither_a_stubborn_client_nor_its_children_are_left_behind(tmp_path: Path) -> None:
    file = tmp_path / "processes"
    observed(target(STUBBORN.format(file=str(file))), is_told_to_end)
    processes = [int(line) for line in file.read_text().split()]
    assert len(processes) == 4
    assert gone(*processes)


def test_clients_end_when_the_run_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "processes"
    client = target(STUBBORN.format(file=str(file)))
    with WorkerProcess(ClientJob(client, tasks(answers_pings_at_once), 1, 0)) as worker:
        by = time.monotonic() + AT_MOST
        while not file.exists() or len(file.read_text().split()) < 4:
            assert time.monotonic() < by
            time.sleep(0.02)
        left = worker.stop()
    assert gone(*map(int, file.read_text().split()))
    assert [trace.end for trace in left if trace.scenario != PROBE] == ["interrupted"]


def test_clients_end_when_wsbeat_itself_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "processes"
    client = target(STUBBORN.format(file=str(file)))
    worker = WorkerProcess(ClientJob(client, tasks(answers_pings_at_once), 1, 0))
    by = time.monotonic() + AT_MOST
    while not file.exists() or len(file.read_text().split()) < 4:
        assert time.monotonic() < by
        time.sleep(0.02)
    # What the process sees of a parent that was killed is the end of its input.
    assert worker._helper.popen.stdin is not None
    worker._helper.popen.stdin.close()
    assert gone(*map(int, file.read_text().split()))
    worker.stop()


def test_a_client_may_print_without_end() -> None:
    code = """
s = connect()
while True:
    print("x" * 10_000, "\\x1b[31m", flush=True)
"""
    traces = observed(target(code), is_told_to_end)
    [(_, said)] = told(traces["is_told_to_end"], "note")
    assert len(str(said)) < 20_000


def test_a_batch_is_said_to_the_client() -> None:
    code = """
for _ in range(2):
    s = connect()
    s.settimeout(None)
    while s.recv(4096):
        pass
    s.close()
    time.sleep(0.3)
s = connect()
s.settimeout(None)
time.sleep(0.2)
s.sendall(b"\\x81\\x8f\\0\\0\\0\\0" + b'{"type":"ping"}')
time.sleep(0.3)
s.sendall(b"\\x81\\x8f\\0\\0\\0\\0" + b'{"type":"ping"}')
time.sleep(60)
"""
    trace = observed(target(code), says_what_cannot_be_used)["says_what_cannot_be_used"]
    said = [e.content for e in trace.events if e.kind == "sent" and e.opcode == "text"]
    assert said[-1] == "noise"


def test_a_job_is_read_back_as_it_was_written() -> None:
    client = ClientTarget(
        "command", "x {url}", FAST, "fast", Capabilities(server_ping=True), ("MINE",)
    )
    job = ClientJob(client, (Task(says_what_cannot_be_used, ("text", b"\0\xff", "")),), 2, 7)
    first, second = job.lines()
    assert replace(ClientJob.from_line(first), tasks=tasks_in(second)) == job


@pytest.mark.parametrize("scenario", client_scenarios(), ids=lambda each: each.name)
def test_the_process_finds_every_scenario_by_its_name(scenario: ClientScenario) -> None:
    assert getattr(sys.modules[scenario.module], scenario.name) is scenario
    assert scenario.play is not None
    assert scenario.lasts(FAST) > 0
