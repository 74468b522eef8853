"""Statements about the public, hash-linked log of moderation."""
