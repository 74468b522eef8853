"""Endpoints of the client API about writing: posts, edits, polls, quotes, likes and boosts."""
