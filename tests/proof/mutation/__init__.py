"""Mutation testing of the suite's own judgement: does a test notice when a rule is changed?

``python -m tests.proof.mutation`` makes each change that ``plan.toml`` asks for, one at a time, and
runs the quick tests on it. What no test notices has to be in ``survivors.toml``, with the reason.
"""
