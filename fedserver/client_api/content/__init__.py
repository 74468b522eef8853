"""Endpoints of the client API about hashtags and media."""
