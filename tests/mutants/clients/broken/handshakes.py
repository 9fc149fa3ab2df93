"""Clients that know the answer to a handshake in one manner only, or read it in one way only."""

from dataclasses import replace

from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.mutant import mutant

END = b"\r\n\r\n"
BUFFER = 1024
USUAL = (b"\r\nUpgrade: websocket\r\n", b"\r\nConnection: Upgrade\r\n")


@mutant("C-STAY")
def knows_a_101_in_one_spelling(client: Behaviour) -> Behaviour:
    """Looks for header fields as most servers write them, and drops what has them otherwise."""
    return replace(
        client, takes_in=lambda data: data if all(each in data for each in USUAL) else None
    )


@mutant("C-STAY")
def knows_fields_that_begin_with_a_capital(client: Behaviour) -> Behaviour:
    """Does not know names in lower case, as HTTP/2 and many a proxy write them."""
    return replace(client, takes_in=lambda data: None if b"\r\nupgrade:" in data else data)


@mutant("C-STAY")
def takes_a_space_behind_each_colon_for_granted(client: Behaviour) -> Behaviour:
    """Splits the lines of a header where there is a colon and a space."""

    def split(data: bytes) -> bytes | None:
        lines = data.partition(END)[0].split(b"\r\n")[1:]
        return data if all(b": " in line for line in lines) else None

    return replace(client, takes_in=split)


@mutant("C-STAY")
def reads_a_kilobyte_of_a_101(client: Behaviour) -> Behaviour:
    """Has a buffer of one kilobyte for the answer to its handshake."""
    return replace(
        client, takes_in=lambda data: data if len(data.partition(END)[0]) < BUFFER else None
    )


@mutant("C-STAY")
def takes_a_segment_for_a_101(client: Behaviour) -> Behaviour:
    """Reads once, and takes that for all of the answer to its handshake."""
    return replace(client, takes_in=lambda data: data if END in data else None)


@mutant("C-TOLERATE")
def throws_away_what_comes_with_a_101(client: Behaviour) -> Behaviour:
    """Reads once, and forgets what stands behind the end of the header."""

    def header(data: bytes) -> bytes:
        head, ended, _ = data.partition(END)
        return head + ended

    return replace(client, takes_in=header)
