"""The ways in which a client is handed over to be examined, one module for each.

A way starts a client for each scenario, or awaits it; what it cannot do, such as asking a client
to end that merely connects, is said in `reach.py`.
"""
