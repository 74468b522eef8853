"""Endpoints of the client API about apps and blocked networks."""
