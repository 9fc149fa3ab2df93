"""How many examples and seeds these tests try; always the same ones.

``WSBEAT_TEST_EFFORT``, a fraction of all, is for those who run them hundreds of times: the
mutation tests.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from cProfile import Profile

from hypothesis import HealthCheck, settings

EFFORT = float(os.environ.get("WSBEAT_TEST_EFFORT", "1"))


def tries(count: int) -> int:
    """So many, or the fraction of them that is asked for."""
    return math.ceil(count * EFFORT)


def examples(count: int) -> settings:
    """Settings for a test of `count` examples, drawn alike in every run."""
    return settings(
        max_examples=tries(count),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )


def work(job: Callable[[], object]) -> int:
    """How many calls a job makes, those that a generator goes on with included."""
    profile = Profile()
    profile.runcall(job)
    return sum(entry.callcount for entry in profile.getstats())
