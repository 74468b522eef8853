"""Endpoints of the client API about reports, moderation and appeals."""
