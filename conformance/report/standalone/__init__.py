"""A finding as a script that needs nothing of wsbeat."""
