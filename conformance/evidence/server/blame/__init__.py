"""What the end of a connection is due to: the messages that come into question, or a stall."""
