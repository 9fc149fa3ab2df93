"""The wsbeat conformance suite: records what a peer does, then judges it by the contract.

Data flows one way: contract -> scenario -> wire -> trace -> rules -> verdicts -> reports.
"""

__version__ = "0.1.0"
