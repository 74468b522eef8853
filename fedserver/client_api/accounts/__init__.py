"""Endpoints of the client API about accounts and profiles."""
