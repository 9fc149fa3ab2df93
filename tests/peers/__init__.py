"""Peers to test with: servers that wsbeat must find conformant, and clients that behave badly."""
