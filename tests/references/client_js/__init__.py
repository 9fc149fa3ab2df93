"""The JavaScript client: its behaviour in Node, its types, its runner, and the served page."""
