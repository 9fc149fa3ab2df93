"""Traces of every way of breaking the contract, and what the rules say of each, kept as files.

`python -m tests.corpus record` makes the traces: of the mutants, of what they derive from, and of
the models with one thing altered. `python -m tests.corpus judge` writes down what the rules say of
them, so that a rule that says something else is seen in a diff. `wsbeat judge` reads them too.
"""
