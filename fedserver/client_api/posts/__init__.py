"""Endpoints of the client API about writing: statuses, polls, quotes and reactions."""
