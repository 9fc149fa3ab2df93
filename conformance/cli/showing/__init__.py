"""A run as the command line shows it: progress, interruptions, the outcome, a fault."""
