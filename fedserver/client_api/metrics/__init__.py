"""Endpoints of the client API about statistics of the node."""
