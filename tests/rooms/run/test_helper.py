"""Helpers belong to a run, and not to whoever interrupts its group of processes."""

from __future__ import annotations

import os

from conformance.run.helper import Helper
from conformance.run.server.exploring.example_source import MODULE


def test_a_signal_to_the_group_of_a_run_is_none_to_its_helpers() -> None:
    helper = Helper(MODULE)
    try:
        assert os.getpgid(helper.popen.pid) == helper.popen.pid
        assert os.getpgid(helper.popen.pid) != os.getpgrp()
    finally:
        helper.end()
        helper.close()
