"""Rules about notifications, push, conversations and announcements."""
