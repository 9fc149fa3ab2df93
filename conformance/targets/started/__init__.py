"""Peers that wsbeat starts itself: their processes, and what ends them in every case."""
