"""Another wall clock for a process, by way of libfaketime; its monotonic clock is left alone.

The library reads a file whenever the process asks for the time, so the clock can be set while the
process runs. Programs that ask the kernel without the C library, such as those written in Go, do
not see it: whether a server does is found out, not assumed, where it tells its time.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

HOUR = 3600
"""How far (seconds) the clock is ahead from the beginning, and how far it jumps."""


FOLDERS = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime",
           "/usr/local/lib/faketime")  # fmt: skip


LIBRARY = "libfaketime.so.1"


NEAR_JUMP = 300.0
"""By how many seconds two clocks may differ that show the same time."""


PATIENCE = 5.0
"""Seconds that a server may take to answer a request that is only made for its date."""


LISTENING = "0A"
"""How Linux writes the state of a socket that listens."""


def library() -> str | None:
    """Where libfaketime is, the one for this machine's own programs first; None if nowhere."""
    own = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime"
    for folder in (own, *FOLDERS):
        for found in sorted(Path("/").glob(f"{folder[1:]}/{LIBRARY}")):
            return str(found)
    return None


def environment(file: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that sees the wall clock which `file` tells of."""
    loaded = library()
    assert loaded is not None
    kept = {name: value for name, value in inherited.items() if not name.startswith("FAKETIME")}
    before = kept.get("LD_PRELOAD")
    return kept | {
        "LD_PRELOAD": f"{loaded}:{before}" if before else loaded,
        "FAKETIME_TIMESTAMP_FILE": file,
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def set_ahead(file: str, seconds: int) -> None:
    """Set the clock to so many seconds ahead of the true time; nobody sees half of it."""
    path = Path(file)
    written = path.with_suffix(".new")
    written.write_text(f"{seconds:+d}\n")
    written.replace(path)


def is_ahead_by(file: str) -> int:
    """By how many seconds the clock is ahead."""
    return int(Path(file).read_text())


def is_seen(host: str, port: int, session: int, tls: ssl.SSLContext | None) -> bool:
    """Whether the server that listens on a port sees a wall clock that is `HOUR` ahead.

    It tells by the date of an HTTP response. Where there is none, it is taken to see it if the
    process that listens has loaded the library.
    """
    told = _date(host, port, tls)
    if told is not None:
        ahead = told - time.time()
        if abs(ahead) < NEAR_JUMP or abs(ahead - HOUR) < NEAR_JUMP:
            return abs(ahead) >= NEAR_JUMP
    listening = list(_listening(port, session))
    return bool(listening) and all(map(_has_loaded, listening))


def forget(process: int) -> None:
    """Remove what the library leaves behind of a process that was killed."""
    for name in (f"faketime_shm_{process}", f"sem.faketime_sem_{process}"):
        with suppress(OSError):
            Path("/dev/shm", name).unlink()


def _date(host: str, port: int, tls: ssl.SSLContext | None) -> float | None:
    """The time that a server puts on its responses, in seconds since 1970; None if it does not."""
    plain = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    connection = (
        plain
        if tls is None
        else http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=tls)
    )
    try:
        connection.request("GET", "/")
        date = connection.getresponse().getheader("Date")
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _listening(port: int, session: int) -> Iterator[int]:
    """The processes of a session that listen on a port."""
    sockets = {f"socket:[{inode}]" for inode in _sockets(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes come and go, and not all of them are ours to look into.
        with suppress(OSError):
            process = int(folder.name)
            if os.getsid(process) == session and any(
                os.readlink(link) in sockets for link in (folder / "fd").iterdir()
            ):
                yield process


def _sockets(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                _, address, _, state, *_, inode = line.split()[:10]
                if state == LISTENING and int(address.rpartition(":")[2], 16) == port:
                    yield inode


def _has_loaded(process: int) -> bool:
    with suppress(OSError):
        return "libfaketime" in Path("/proc", str(process), "maps").read_text()
    return False
