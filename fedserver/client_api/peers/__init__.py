"""Endpoints of the client API about other nodes: policies, partners, relays."""
