"""The ends of the wire that wsbeat plays, and that record what happens on it."""
