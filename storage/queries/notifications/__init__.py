"""Statements about notifications, push, conversations and announcements."""
