"""Peers that beat in another dialect than the protocol's."""
