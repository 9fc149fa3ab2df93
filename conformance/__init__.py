"""The wsbeat conformance suite: records what a peer does, then judges it by the contract.

Data flows one way: contract -> scenario -> wire -> trace -> rules -> verdicts -> reports.
"""

from __future__ import annotations

__version__ = "0.1.0"
