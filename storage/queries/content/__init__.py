"""Statements about texts, tags, emoji and media."""
