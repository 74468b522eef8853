"""Endpoints of the client API about notifications, push, conversations and announcements."""
