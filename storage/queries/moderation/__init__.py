"""Statements about reports, moderation and appeals."""
