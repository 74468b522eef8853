"""Endpoints of the client API about signing up."""
