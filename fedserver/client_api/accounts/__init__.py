"""Endpoints of the client API about accounts, profiles and keys."""
