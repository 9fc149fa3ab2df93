"""Which call a frame is in the middle of, as it is written."""

from __future__ import annotations

import linecache
from functools import lru_cache
from itertools import islice
from types import CodeType


@lru_cache(maxsize=1000)
def call_at(code: CodeType, instruction: int) -> str:
    """The text of the call at an instruction (in bytes), or of what else it does; or nothing."""
    line, last, start, end = next(
        islice(code.co_positions(), instruction // 2, None), (None, None, None, None)
    )
    if line is None or line != last:
        return ""
    text = linecache.getline(code.co_filename, line).encode()
    return text[start:end].decode(errors="replace")
