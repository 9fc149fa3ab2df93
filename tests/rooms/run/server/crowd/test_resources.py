"""What this machine lacks for a crowd is said before the first connection, with what to do."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

import spec
from conformance.run.server.crowd import resources
from conformance.run.server.crowd.check import refuse_what_is_lacking
from conformance.run.server.crowd.plans import jobs_for
from conformance.run.server.crowd.resources import (
    FREE_PART,
    PER_CONNECTION,
    PER_WORKER,
    SPARE,
    USUAL_PORTS,
    free_memory,
    lacking,
    ports_of_an_address,
    sources,
)
from conformance.targets.crowd import Crowd
from conformance.targets.server import Target
from conformance.verdict.selection import UsageError
from conformance.wire.sockets import raise_descriptors

URL = "ws://127.0.0.1:8000/ws"
ELSEWHERE = "ws://192.0.2.1:8000/ws"
SOCKET = "ws+unix:/run/app.sock:/ws"
ENOUGH = 1_000_000


class Machine:
    """A machine with as much of everything as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.limits = (ENOUGH, ENOUGH)
        self.ports, self.memory = folder / "ports", folder / "memory"
        self.ports.write_text("1000\t60999\n")
        self.has_free(1 << 40)
        monkeypatch.setattr(resources, "PORTS", self.ports)
        monkeypatch.setattr(resources, "MEMORY", self.memory)
        monkeypatch.setattr(resource, "getrlimit", lambda _: self.limits)
        monkeypatch.setattr(resource, "setrlimit", self.limit)

    def limit(self, _: int, limits: tuple[int, int]) -> None:
        assert limits[0] <= limits[1] == self.limits[1] or limits[1] == resource.RLIM_INFINITY
        self.limits = limits

    def has_ports(self, count: int) -> None:
        """Let an address have so many, of which a part is used."""
        self.ports.write_text(f"1000\t{999 + count}\n")

    def has_free(self, size: int) -> None:
        """Let so many bytes be free."""
        self.memory.write_text(
            f"MemTotal:  1 kB\nMemAvailable:  {size // 1024} kB\nBuffers: 2 kB\n"
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def test_a_machine_that_has_enough_lacks_nothing(machine: Machine) -> None:
    assert list(lacking(10_000, 2, URL, 1)) == []


@pytest.mark.parametrize(("hard", "is_enough"), [(500 + SPARE, True), (499 + SPARE, False)])
def test_each_worker_needs_descriptors_for_its_share(
    machine: Machine, hard: int, is_enough: bool
) -> None:
    machine.limits = (100, hard)
    found = list(lacking(999, 2, URL, 1))
    if is_enough:
        assert found == []
        return
    [said] = found
    assert said.startswith(f"999 connections in 2 processes take {500 + SPARE} descriptors each")
    assert f"a process may have {hard} here" in said
    assert f"ulimit -Hn {500 + SPARE}" in said
    assert "--workers" in said


def test_without_a_limit_on_descriptors_none_are_lacking(machine: Machine) -> None:
    machine.limits = (100, resource.RLIM_INFINITY)
    assert list(lacking(10_000, 1, URL, 1)) == []


@pytest.mark.parametrize(
    ("addresses", "is_enough"), [(1, False), (2, False), (3, True)], ids=["one", "two", "three"]
)
def test_each_address_has_so_many_ports(machine: Machine, addresses: int, is_enough: bool) -> None:
    machine.has_ports(1000)
    found = list(lacking(int(3000 * FREE_PART), 2, URL, addresses))
    assert len(found) == (0 if is_enough else 1)
    for said in found:
        assert f"there are {int(1000 * FREE_PART) * addresses}" in said
        assert "sysctl net.ipv4.ip_local_port_range" in said
        assert "--scheduler" in said


def test_a_unix_socket_takes_no_ports(machine: Machine) -> None:
    machine.has_ports(10)
    assert list(lacking(1000, 2, SOCKET, 1)) == []


@pytest.mark.parametrize(("missing", "is_enough"), [(0, True), (1024, False)])
def test_connections_and_workers_need_memory(
    machine: Machine, missing: int, is_enough: bool
) -> None:
    needed = 1000 * PER_CONNECTION + 3 * PER_WORKER
    machine.has_free(needed - missing)
    found = list(lacking(1000, 3, URL, 1))
    assert len(found) == (0 if is_enough else 1)
    for said in found:
        assert f"take about {needed >> 20} MiB of memory" in said
        assert f"{(needed - missing) >> 20} MiB are free" in said
        assert "smaller crowd" in said


def test_a_system_that_does_not_tell_is_taken_for_a_usual_one(machine: Machine) -> None:
    machine.ports.unlink()
    machine.memory.unlink()
    least, most = USUAL_PORTS
    assert ports_of_an_address() == int((most - least + 1) * FREE_PART)
    assert free_memory() is None
    assert list(lacking(10_000, 2, URL, 1)) == []
    machine.ports.write_text("nonsense\n")
    machine.memory.write_text("MemTotal: 1 kB\n")
    assert ports_of_an_address() == int((most - least + 1) * FREE_PART)
    assert free_memory() is None


@pytest.mark.parametrize("hard", [4096, resource.RLIM_INFINITY], ids=["limited", "unlimited"])
def test_as_many_descriptors_are_taken_as_may_be(machine: Machine, hard: int) -> None:
    machine.limits = (1024, hard)
    most = raise_descriptors()
    assert machine.limits == (hard, hard)
    assert most == hard or (hard == resource.RLIM_INFINITY and most > ENOUGH)


def test_on_loopback_a_crowd_comes_from_as_many_addresses_as_it_needs(machine: Machine) -> None:
    machine.has_ports(1000)
    each = int(1000 * FREE_PART)
    assert sources(each, URL) == ()
    assert sources(each + 1, URL) == ("127.0.0.1", "127.0.0.2")
    assert sources(3 * each, URL) == ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@pytest.mark.parametrize("url", [ELSEWHERE, "ws://[::1]:8000/ws", SOCKET])
def test_elsewhere_the_system_chooses_from_where(machine: Machine, url: str) -> None:
    machine.has_ports(10)
    assert sources(1000, url) == ()


@pytest.mark.parametrize(("url", "addresses"), [(URL, 3), (ELSEWHERE, 1)])
def test_what_is_lacking_is_refused_beforehand(machine: Machine, url: str, addresses: int) -> None:
    machine.has_ports(1000)
    crowd = Crowd((100, 2400), workers=2)
    target = Target(url, spec.load_timing("fast"))
    assert {job.sources for job in jobs_for(crowd, 2400, target, 0, 2)} == {sources(2400, url)}
    if addresses > 1:
        refuse_what_is_lacking(crowd, target)
        machine.limits = (100, 100)
        machine.has_free(0)
        with pytest.raises(UsageError, match=r"--crowd: 2400 .*descriptors.* 2400 .*memory"):
            refuse_what_is_lacking(crowd, target)
        return
    with pytest.raises(UsageError, match=r"--crowd: 2400 connections to one address"):
        refuse_what_is_lacking(crowd, target)
