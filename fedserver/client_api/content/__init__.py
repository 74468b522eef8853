"""Endpoints of the client API about texts, tags, emoji and media."""
