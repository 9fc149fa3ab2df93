"""A share of a crowd as one worker lives it, in a process of its own."""
