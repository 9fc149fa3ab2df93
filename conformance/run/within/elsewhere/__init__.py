"""What goes on where the event loop of a peer does not see it."""
