"""The reports: readers of one `Result`, each in a form of its own. None of them judges anything."""
