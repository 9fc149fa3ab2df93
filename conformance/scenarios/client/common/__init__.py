"""What scenarios for clients have in common: how long they wait, what they say, how they end."""
