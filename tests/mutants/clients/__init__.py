"""Broken clients: each breaks one sentence of the contract and keeps all the others.

``compliant.py`` is a client that keeps them all, as a set of small functions. A mutant replaces
one of them. ``python -m tests.mutants.clients NAME URL --timing fast`` runs one.
"""
