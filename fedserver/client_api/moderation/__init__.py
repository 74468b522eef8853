"""Endpoints of the client API about reports and moderation."""
