"""Exploring a server with messages that Hypothesis draws, and making simpler what breaks it."""
