"""What one connection means for others: dead peers and resets beside connections that live.

In each of these scenarios one connection is closed before anything bad happens: a server that
closes late in any case is told from one that the others have kept from it.
"""
