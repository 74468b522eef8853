"""Endpoints of the client API about the public, hash-linked log of moderation."""
