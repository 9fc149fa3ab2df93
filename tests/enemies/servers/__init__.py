"""The enemies, a file for each weapon."""
