"""Endpoints of the client API about figures about the node."""
