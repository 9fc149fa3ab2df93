"""Rules on how a server ends connections: silent ones, unanswered ones, and all at its end."""
