"""Clients that break one sentence each, one file for each subject."""
