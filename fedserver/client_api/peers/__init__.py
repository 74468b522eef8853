"""Endpoints of the client API about other nodes: blocks, allowed domains, partners."""
