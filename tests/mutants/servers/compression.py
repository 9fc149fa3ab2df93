"""Servers that compress what they say (RFC 7692), and remember the wrong things for that."""

import zlib
from dataclasses import replace

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame

from tests.mutants.behaviour import Behaviour
from tests.mutants.compliant import PONG
from tests.mutants.mutant import mutant

MOST_BITS = 15  # of the window


def _deflate() -> PerMessageDeflate:
    return PerMessageDeflate(
        remote_no_context_takeover=False,
        local_no_context_takeover=False,
        remote_max_window_bits=MOST_BITS,
        local_max_window_bits=MOST_BITS,
    )


class _PongsFromStock(PerMessageDeflate):
    """Compresses a pong by itself: what comes later is compressed as if there had been none."""

    def encode(self, frame: Frame) -> Frame:
        if bytes(frame.data) == PONG.encode():
            return _deflate().encode(frame)
        return super().encode(frame)


@mutant("S-VALID-OUTPUT")
def takes_compressed_pongs_from_stock(server: Behaviour) -> Behaviour:
    """The pong is compressed once for all, and the compressor of a connection never sees it."""
    return replace(
        server,
        compresses=lambda: _PongsFromStock(
            remote_no_context_takeover=False,
            local_no_context_takeover=False,
            remote_max_window_bits=MOST_BITS,
            local_max_window_bits=MOST_BITS,
        ),
    )


@mutant(
    "S-PONG",
    also={"S-VALID-OUTPUT": "where looking back finds something, that is the wrong thing"},
)
def compresses_for_all_with_one_compressor(server: Behaviour) -> Behaviour:
    """What was said on one connection is what the next is told to look back at."""
    shared = zlib.compressobj(wbits=-MOST_BITS)

    def compressing() -> PerMessageDeflate:
        deflate = _deflate()
        deflate.encoder = shared
        return deflate

    return replace(server, compresses=compressing)
