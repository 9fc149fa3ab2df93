"""What a crowd takes of this machine: descriptors, ports and memory, looked at beforehand.

A crowd that runs out of one of them in the middle would show what this machine lacks, and it would
look as if the server had refused connections.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from conformance.targets.address import address
from conformance.targets.load_limits import is_loopback

SPARE = 200
"""Descriptors that a worker has besides those of its connections."""


PER_CONNECTION = 25 * 1024
"""The bytes that a connection takes of wsbeat's memory, at the most."""


PER_WORKER = 80 * 1024 * 1024
"""The bytes that a worker takes besides."""


USUAL_PORTS = (32768, 60999)
"""From which ports Linux takes one for a connection, if it does not say otherwise."""


FREE_PART = 0.85
"""Which part of the ports of an address is used: others have connections, too, and some linger."""


PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
MEMORY = Path("/proc/meminfo")


def lacking(connections: int, workers: int, url: str, addresses: int) -> Iterator[str]:
    """What this machine lacks for a crowd, a sentence each with what to do about it.

    `addresses` is how many addresses of this machine the crowd may connect from.
    """
    each = -(-connections // workers)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and each + SPARE > hard:
        yield (
            f"{connections} connections in {workers} processes take {each + SPARE} descriptors "
            f"each, and a process may have {hard} here. Raise the limit (`ulimit -Hn "
            f"{each + SPARE}`, or LimitNOFILE= in systemd), or use more --workers."
        )
    most = ports_of_an_address() * addresses
    if connections > most and address(url).socket is None:
        yield (
            f"{connections} connections to one address take as many ports, and there are {most}. "
            "Widen the range with `sysctl net.ipv4.ip_local_port_range='1024 65535'`, or use "
            "more machines with --scheduler."
        )
    needed, free = connections * PER_CONNECTION + workers * PER_WORKER, free_memory()
    if free is not None and needed > free:
        yield (
            f"{connections} connections take about {needed >> 20} MiB of memory, beside what a "
            f"server here takes, and {free >> 20} MiB are free. Use a smaller crowd, or more "
            "machines with --scheduler."
        )


def sources(connections: int, url: str) -> tuple[str, ...]:
    """The addresses of this machine to connect from, where one has not ports enough.

    All of 127.0.0.0/8 is this machine; towards other hosts the system chooses.
    """
    needed = -(-connections // ports_of_an_address())
    if needed <= 1 or not is_loopback(url) or "[" in url or address(url).socket is not None:
        return ()
    return tuple(f"127.0.0.{number}" for number in range(1, min(needed, 250) + 1))


def ports_of_an_address() -> int:
    """How many connections there may be from one address of this machine to one of a server."""
    try:
        least, most = map(int, PORTS.read_text("ascii").split())
    except (OSError, ValueError):
        least, most = USUAL_PORTS
    return int((most - least + 1) * FREE_PART)


def free_memory() -> int | None:
    """The bytes of memory that are free; None where the system does not tell."""
    try:
        for line in MEMORY.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None
