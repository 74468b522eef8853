"""Endpoints of the client API about joining the node."""
