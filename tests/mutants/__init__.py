"""Broken peers: each breaks one sentence of the contract and keeps all the others.

``compliant.py`` is a server that keeps them all, as a set of small functions. A mutant replaces
one of them. ``python -m tests.mutants NAME --port 0 --timing fast`` runs one, and ``--list`` says
which there are.
"""

from tests.mutants.mutant import Mutant as Mutant
from tests.mutants.mutant import find as find
from tests.mutants.mutant import mutants as mutants
from tests.mutants.serving import serving as serving
