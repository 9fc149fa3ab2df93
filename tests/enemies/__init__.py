"""Servers that are hostile or broken: no run on them may hang, swell or pass."""
