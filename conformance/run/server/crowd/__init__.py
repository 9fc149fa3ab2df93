"""Crowds: thousands of connections that live as clients do, each judged where it lives."""
