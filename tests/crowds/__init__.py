"""Servers that break a promise only to a crowd, and what becomes of them."""
